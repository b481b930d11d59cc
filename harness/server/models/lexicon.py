"""Words that say what to compute over a table, and words that say nothing to it."""

from harness.documents.language import listed
from harness.server.models.vocabulary import stems_of

__all__ = ["AGGREGATES", "COMPARATIVES", "GENERIC", "SUPERLATIVES"]

GENERIC = stems_of(
    listed(
        """
        record records entry entries row rows data dataset file table list document documents information database
        knowledge base show find count number amount many much different distinct unique value values overall exist
        available according based across among question answer report result compare compared comparison difference
        recorded listed contained included figure single made make go going named called name exactly dollars dollar
        euros usd breakdown do combined altogether there than often frequently take takes took taken last lasts
        respectively whole add adding adds state hello hi thanks thank okay ok tell see
        """
    )
)
"""Stems that carry no condition."""

AGGREGATES = {
    "average": "mean", "mean": "mean", "avg": "mean", "typical": "mean", "typically": "mean", "averaged": "mean",
    "median": "median", "total": "sum", "sum": "sum", "altogether": "sum", "combined": "sum",
    "percentage": "share", "percent": "share", "share": "share", "proportion": "share", "fraction": "share",
}  # fmt: skip
SUPERLATIVES = {
    "highest": (True, ""), "maximum": (True, ""), "max": (True, ""), "largest": (True, "size"),
    "biggest": (True, "size"), "greatest": (True, ""), "most": (True, ""), "top": (True, ""), "best": (True, "rating"),
    "longest": (True, "duration"), "tallest": (True, "height"), "heaviest": (True, "weight"),
    "priciest": (True, "price"), "dearest": (True, "price"), "costliest": (True, "price"), "latest": (True, "date"),
    "newest": (True, "opened"), "oldest": (True, "age"), "lowest": (False, ""), "minimum": (False, ""),
    "min": (False, ""), "cheapest": (False, "price"), "smallest": (False, "size"), "least": (False, ""),
    "fewest": (False, ""), "worst": (False, "rating"), "shortest": (False, "duration"), "lightest": (False, "weight"),
    "youngest": (False, "age"), "earliest": (False, "date"), "hardest": (True, "difficulty"),
    "easiest": (False, "difficulty"),
}  # fmt: skip
"""Word -> (whether the largest is meant, the sort of column it hints at)."""
COMPARATIVES = {
    "more": (True, ""), "higher": (True, ""), "larger": (True, "size"), "bigger": (True, "size"),
    "greater": (True, ""), "better": (True, "rating"), "longer": (True, "duration"), "older": (True, "age"),
    "taller": (True, "height"), "heavier": (True, "weight"), "less": (False, ""), "fewer": (False, ""),
    "lower": (False, ""), "cheaper": (False, "price"), "smaller": (False, "size"), "worse": (False, "rating"),
    "shorter": (False, "duration"), "younger": (False, "age"), "lighter": (False, "weight"),
    "pricier": (True, "price"), "newer": (True, "opened"),
}  # fmt: skip
