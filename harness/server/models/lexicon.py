"""Words that say what to compute over a table, and words that say nothing to it."""

from harness.documents.language import listed
from harness.server.models.vocabulary import stems_of

__all__ = ["AGGREGATES", "COMPARATIVES", "GENERIC", "IMPLIED", "RECORD_NOUNS", "SUPERLATIVES"]

GENERIC = stems_of(
    listed(
        """
        record records entry entries row rows data dataset file table list document documents information
        database knowledge base show find count number amount many much different distinct unique value
        values overall exist available according based across among question answer report result compare
        compared comparison difference recorded listed contained included figure single made make go
        going named called name exactly dollars dollar euros usd breakdown do combined altogether there
        than often frequently take takes took taken last lasts respectively whole add adding adds state
        hello hi thanks thank okay ok tell see pay paid charge charged need needs needed want wants plan
        planning book booked block diary hire hired hiring rent renting get gets bring brings brought
        come comes came play plays run ran runs carry carried stay each per both please trouble problem
        cause caused reason set sheet programme register catalogue bill say says look looking like would
        call us me my our your mine receive received give gives gave handle handled appear appears
        require requires required necessary accommodate ever anybody anyone expect normally usually
        average averages period length together serve served offer offers offered provide provided belong
        belongs fall falls fell reach reached manage managed spend spent total totals sum day's
        """
    )
)
"""Stems that carry no condition."""

AGGREGATES = {
    "averages": "mean", "totals": "sum",
    "average": "mean", "mean": "mean", "avg": "mean", "typical": "mean", "typically": "mean",
    "averaged": "mean",
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
    "easiest": (False, "difficulty"), "busiest": (True, "visitors"), "quietest": (False, "visitors"),
    "slowest": (True, "duration"), "quickest": (False, "duration"), "fastest": (False, "duration"),
}  # fmt: skip
"""Word -> (whether the largest is meant, the sort of column it hints at)."""
COMPARATIVES = {
    "more": (True, ""), "higher": (True, ""), "larger": (True, "size"), "bigger": (True, "size"),
    "greater": (True, ""), "better": (True, "rating"), "longer": (True, "duration"), "older": (True, "age"),
    "taller": (True, "height"), "heavier": (True, "weight"), "less": (False, ""), "fewer": (False, ""),
    "lower": (False, ""), "cheaper": (False, "price"), "smaller": (False, "size"), "worse": (False, "rating"),
    "shorter": (False, "duration"), "younger": (False, "age"), "lighter": (False, "weight"),
    "pricier": (True, "price"), "dearer": (True, "price"), "costlier": (True, "price"), "busier": (True, "visitors"),
    "newer": (True, "opened"),
}  # fmt: skip

RECORD_NOUNS = stems_of(
    listed("tool tools item items product products thing things article articles machine machines goods piece pieces")
)
"""Stems that stand for the records of any table."""
IMPLIED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\bhow much (?:is|are|was|were|does|do|did|would|will|should|to|for|can)\b(?!.*\bweigh)", ("price",)),
    (r"\bhow (?:expensive|dear|costly|cheap)\b|\bwhat\b.*\bcharge\b", ("price",)),
    (r"\bhow long\b|\bhow many (?:minutes|hours|days|weeks)\b|\bhow much time\b", ("duration",)),
    (r"\b(?:add|adds|added)(?: \w+)? up\b|\bcome to\b", ("price",)),
    (r"\bhow late\b", ("delay", "late")),
    (r"\b(?:when|what time)\b.*\b(?:start|begin|leave|depart)s?\b", ("start", "departure")),
)
"""How a question is put, and the sorts of column that it asks for without naming one."""
