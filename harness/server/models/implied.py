"""What a question asks of a table by its form alone: a duration by `how long`, a total by `add up`."""

import re

from harness.documents.language import fold, stem
from harness.server.models.annotated import Annotated, ColumnMention
from harness.server.models.lexicon import IMPLIED
from harness.server.models.schema import TableView

__all__ = ["in_minutes", "is_conjunction", "is_sum", "mark_implied", "settle_inflected"]

_NIGHTS = frozenset({stem("nights"), stem("days")})
_MINUTE, _MONTH = stem("minutes"), stem("months")


def in_minutes(text: str, view: TableView) -> str:
    """Write hours as minutes, where the table counts minutes."""
    if any(_MONTH in column.stems for column in view.columns):
        text = re.sub(r"\b(?:a|one|1) year\b", "12 months", text, flags=re.IGNORECASE)
    if any(_NIGHTS & set(column.stems) for column in view.columns):
        text = re.sub(r"\b(?:a|one|1) week\b", "7 days", text, flags=re.IGNORECASE)
    if not any(_MINUTE in column.stems for column in view.columns):
        return text
    text = re.sub(r"\bhalf an hour\b", "30 minutes", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:an|one) hour and a half\b|\bone and a half hours\b", "90 minutes", text, flags=re.IGNORECASE)
    text = re.sub(r"\b(?:an|one|1) hour\b", "60 minutes", text, flags=re.IGNORECASE)
    return re.sub(r"\b(?:two|2) hours\b", "120 minutes", text, flags=re.IGNORECASE)


def settle_inflected(found: Annotated) -> None:
    """Take `sailings` for the records where another value of the column of `sailed` is named: `sailings cancelled`."""
    for mention in list(found.values):
        rivals = [other for other in found.values if other.column == mention.column and other.cell != mention.cell]
        said = found.folded[mention.position]
        is_counted = mention.length == 1 and found.folded[max(0, mention.position - 1)] in {
            "many",
            "all",
            "which",
            "of",
        }
        if rivals and is_counted and said.endswith("s") and said != fold(str(mention.cell)):
            found.values.remove(mention)
            found.roles[mention.position] = "record"


def is_sum(folded: list[str], position: int) -> bool:
    """Whether a word asks for a total: `add up`, `come to together`."""
    following = folded[position + 1] if position + 1 < len(folded) else ""
    if folded[position] in {"add", "adds", "added", "adding"}:
        return following in {"up", "together"} or bool({"up", "together"} & set(folded[position + 1 :]))
    makes_one = {"add", "adds", "added", "adding", "average", "mean"} & set(folded)
    return folded[position] == "together" and not makes_one and bool({"much", "cost", "come", "pay"} & set(folded))


def mark_implied(found: Annotated) -> None:
    """Mark the column that the question's form asks for where it names none: `how long` asks for a duration."""
    lowered = found.text.lower()
    for pattern, sorts in IMPLIED:
        match = re.search(pattern, lowered)
        if match is None or any(c.kind == "number" for m in found.columns for c in m.columns):
            continue
        columns = [column for sort in sorts for column in found.view.columns_for(stem(sort)) if column.kind != "yes_no"]
        measured = [column for column in columns if column.kind == "number" or "start" in sorts]
        free = [i for i, word in enumerate(found.words) if word.start >= match.start() and not found.roles[i]]
        if measured and free:
            position = free[0]
            found.columns.append(ColumnMention(position=position, columns=tuple(measured), is_asking=True))
            found.roles[position] = "column"


def is_conjunction(found: Annotated, position: int) -> bool:
    """Whether `when` only joins a clause: `where do I go when it rains`."""
    before = found.folded[max(0, position - 1)]
    asks_before = {"what", "how", "which", "where", "who", "do", "does", "can"} & set(found.folded[:position])
    return found.folded[position] == "when" and bool(asks_before) and before not in {"by", "until", "since", "and"}
