"""What is to be judged as a table for a spreadsheet, and back."""

import csv
import io
from collections.abc import Mapping, Sequence

from harness.errors import ResultsError
from harness.labels import ANSWERS, CLAIMS, Label
from harness.report.plain import plain
from harness.review.items import Item
from harness.review.session import KEYS

COLUMNS = ("item", "label", "kind", "node", "turn", "prompt", "answer", "claim", "document", "passage")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute."""
LONGEST_CELL = 30_000
"""Characters; spreadsheets cut a cell at 32,767."""


def table_text(items: Sequence[Item], labels: Mapping[str, Label]) -> str:
    """Return a CSV file: a row a thing, its column `label` empty or holding what was said before.

    Args:
        items: The things.
        labels: What the same person said of them, by the thing's digest.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for item in items:
        before = labels.get(item.key)
        cells = (
            item.key,
            before.label if before else "",
            item.kind,
            item.node,
            str(item.turn),
            item.prompt,
            item.answer,
            item.text if item.kind == "claim" else "",
            item.evidence.document if item.evidence else "",
            _passage(item),
        )
        writer.writerow([_cell(cell) for cell in cells])
    return text.getvalue()


def _passage(item: Item) -> str:
    if item.confirmed_by is not None:
        return f"confirmed by: {item.confirmed_by}"
    return item.evidence.text if item.evidence else ""


def _cell(text: str) -> str:
    # What a model said could be a formula that a spreadsheet runs; the apostrophe makes it text.
    shown = plain(text)[:LONGEST_CELL]
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def read_table(text: str, items: Sequence[Item], where: str) -> list[tuple[Item, str]]:
    """Return the labels of a table; rows without one are passed over.

    Args:
        text: The CSV file; `;` and tabs separate too, as spreadsheets save it.
        items: The things of the run.
        where: The file's name, for errors.

    Raises:
        ResultsError: It is no CSV; it has not the columns, or a row names nothing of the run or no label; all such
            rows are told.
    """
    head = text.partition("\n")[0]
    source = io.StringIO(text.lstrip("\ufeff"), newline="")
    # Strict: a quotation mark that is never closed would make one cell of all labels after it.
    reader = csv.DictReader(source, delimiter=max(",;\t", key=head.count), strict=True)
    try:
        return _read_labels(reader, items, where)
    except csv.Error as error:
        raise ResultsError(f"is no CSV: {error}", where=f"{where}:{reader.line_num}") from None


def _read_labels(reader: "csv.DictReader[str]", items: Sequence[Item], where: str) -> list[tuple[Item, str]]:
    missing = {"item", "label"} - set(reader.fieldnames or ())
    if missing:
        raise ResultsError(f"has no column {', '.join(sorted(missing))}", where=f"{where}:1")
    known = {item.key: item for item in items}
    found: list[tuple[Item, str]] = []
    wrong: list[str] = []
    for row in reader:
        given = (row["label"] or "").strip().lower().replace(" ", "_")
        if not given:
            continue
        item = known.get((row["item"] or "").strip())
        label = _label(given, item) if item else None
        if item is None:
            wrong.append(f"line {reader.line_num}: the run has no such item")
        elif label is None:
            allowed = ", ".join(CLAIMS if item.kind == "claim" else ANSWERS)
            wrong.append(f"line {reader.line_num}: the label {given[:40]!r} is none of {allowed}")
        else:
            found.append((item, label))
    if wrong:
        more = f"\n  and {len(wrong) - 20} more" if len(wrong) > 20 else ""
        raise ResultsError("nothing was taken over:\n  " + "\n  ".join(wrong[:20]) + more, where=where)
    return found


def _label(given: str, item: Item) -> str | None:
    keys = KEYS[item.kind]
    return keys.get(given) or (given if given in keys.values() else None)
