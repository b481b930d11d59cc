"""One thing to be judged, as lines on a terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.report.plain import plain
from harness.review.items import Item
from harness.review.session import KEYS, Session

if TYPE_CHECKING:  # annotations only: rich is imported where a terminal is
    from rich.text import Text

LONGEST = 6_000
"""Characters of a prompt or an answer that are shown; of an answer those around the claim."""


def screen(session: Session) -> "Text":
    """Return what is shown, with the claim highlighted."""
    from rich.text import Text

    shown = Text()
    item = session.item
    head = f"{session.position + 1} of {session.size}  {item.node}" + (f"  turn {item.turn}" if item.turn > 1 else "")
    shown.append(f"{plain(head)}\n\n", style="dim")
    _add(shown, "prompt", _cut(item.prompt))
    shown.append("answer\n", style="bold")
    start, end = (item.start, item.end) if item.kind == "claim" else (0, 0)
    first = max(0, start - LONGEST // 2)
    last = max(end, first + LONGEST)
    shown.append(("… " if first else "") + plain(item.answer[first:start]))
    shown.append(plain(item.answer[start:end]), style="reverse bold")
    shown.append(plain(item.answer[end:last]) + (" …" if last < len(item.answer) else "") + "\n\n")
    for title, text in _account(item):
        _add(shown, title, text)
    if session.position in session.labels:
        _add(shown, "your label", session.labels[session.position])
    shown.append(_keys(item), style="dim")
    return shown


def _account(item: Item) -> Iterator[tuple[str, str]]:
    """Return what a label rests on. What the scorers say is kept from view: it would sway whoever reads it."""
    if item.kind != "claim":
        return
    yield "claim", item.text
    if item.confirmed_by is not None:
        yield "confirmed by", item.confirmed_by
    if item.evidence is None:
        yield "passage", "none is near"
    else:
        page = f", page {item.evidence.page}" if item.evidence.page else ""
        yield f"passage ({item.evidence.document}{page})", item.evidence.text


def _add(shown: "Text", title: str, text: str) -> None:
    shown.append(f"{plain(title)}\n", style="bold")
    shown.append(f"{plain(text)}\n\n")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _keys(item: Item) -> str:
    labels = "  ".join(f"{key} {label}" for key, label in KEYS[item.kind].items())
    return f"{labels}  |  space skip  b back  q quit"
