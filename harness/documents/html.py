"""HTML to passages and tables; the document's text is what a reader sees."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from harness.documents.content import Content, Source
from harness.documents.pieces import Kind, Piece, assemble

_UNSEEN = frozenset({"head", "noscript", "script", "style", "svg", "template"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS.union(
    ("address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt", "fieldset"),
    ("figcaption", "figure", "footer", "form", "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre"),
    ("section", "summary", "table", "ul"),
)
_CELLS = frozenset({"td", "th"})
_BLANKS = re.compile(r"\s+")
_HIDDEN_ENDS = {"<!--": "-->", "<!": ">", "<script": "</script", "<style": "</style"}
_HIDDEN = re.compile(r"<!--|<!|<(?:script|style)\b", re.IGNORECASE)
_STRAY = re.compile(r"<(?=[^<>]*(?:<|\Z))")
_MOST_STRAYS = 1000
"""So many may stand in the attributes of an honest page."""


@dataclass(kw_only=True, slots=True)
class _OpenTable:
    """A table whose end has not come yet."""

    number: int
    row: list[str] | None = None
    """Texts of the cells of the row that is open."""
    in_cell: bool = False


@dataclass(kw_only=True)
class _Extractor(HTMLParser):
    """Collects the visible text in pieces."""

    pieces: list[Piece] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """Text that belongs to no piece yet."""
    kind: Kind = "text"
    """What the words will be."""
    unseen: int = 0
    """How many elements that hide their text are open."""
    verbatim: int = 0
    """How many `pre` are open."""
    tables: int = 0
    """How many tables have begun."""
    open: list[_OpenTable] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        if tag in _UNSEEN:
            self.unseen += 1
        elif tag == "body":
            self.unseen = 0  # a head that was never closed hides nothing
        elif tag == "br":
            self.words.append("\n")
        elif tag == "table":
            self._begin_table()
        elif self.open and (tag in _CELLS or tag == "tr"):
            self._begin_row_or_cell(tag)
        elif tag in _BLOCKS:
            self._begin_block(tag)

    def _begin_table(self) -> None:
        self._end_cell()
        self.tables += 1
        self.open.append(_OpenTable(number=self.tables))

    def _begin_row_or_cell(self, tag: str) -> None:
        table = self.open[-1]
        self._end_cell()
        if tag == "tr":
            self._end_row()
        if table.row is None:
            table.row = []
        if tag in _CELLS:
            table.row.append("")
            table.in_cell = True

    def _begin_block(self, tag: str) -> None:
        if self._in_cell:
            self.words.append(" ")  # a paragraph does not part its cell
            return
        self._end_piece()
        if tag != "p":  # the first paragraph of an item is the item
            self.kind = "item" if tag == "li" else "text"
        self.verbatim += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in _CELLS:
            self._end_cell()
        elif tag == "tr" and self.open:
            self._end_row()
        elif tag == "table" and self.open:
            self._end_row()
            self.open.pop()
        elif tag in _BLOCKS and not self._in_cell:
            self._end_piece(is_heading=tag in _HEADINGS)
            self.verbatim = max(0, self.verbatim - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.words.append(data if self.verbatim else _BLANKS.sub(" ", data))

    def close(self) -> None:
        """Take in what is still open at the end of the file."""
        super().close()
        while self.open:
            self._end_row()
            self.open.pop()
        self._end_piece()

    @property
    def _in_cell(self) -> bool:
        return bool(self.open) and self.open[-1].in_cell

    def _end_piece(self, *, is_heading: bool = False) -> None:
        raw = "".join(self.words)
        self.words.clear()
        text = raw.strip("\n").rstrip() if self.verbatim else _lines(raw)
        if text.strip():
            if is_heading:
                self.pieces.append(Piece(text=_BLANKS.sub(" ", text).strip(), kind="heading"))
            elif self.kind == "item":
                self.pieces.append(Piece(text=f"- {text}", kind="item"))
                self.kind = "text"  # a second paragraph of the item is none itself
            else:
                self.pieces.append(Piece(text=text, kind="text"))

    def _end_cell(self) -> None:
        """Put the words into the open cell; words that stand in none are a piece."""
        if not self._in_cell:
            self._end_piece()
            return
        table = self.open[-1]
        assert table.row is not None  # a cell opens its row
        table.row[-1] = f"{table.row[-1]} {_BLANKS.sub(' ', ''.join(self.words))}".strip()
        self.words.clear()

    def _end_row(self) -> None:
        self._end_cell()
        table = self.open[-1]
        if table.row and any(table.row):
            self.pieces.append(Piece(text="", kind="row", table=table.number, cells=tuple(table.row)))
        table.row, table.in_cell = None, False


def read_html(text: str, source: Source) -> Content:
    """Read HTML: what a reader sees, without scripts, styles and the head; a row is one line, `cell | cell`."""
    extractor = _Extractor()
    extractor.feed(_tamed(text))
    extractor.close()
    return assemble(extractor.pieces, source)


def _tamed(text: str) -> str:
    """Return HTML without what hides text, and without what takes `html.parser` quadratic time or makes it raise.

    Both are so of declarations and comments that it does not know or that never end, and of many `<` without a `>`.
    """
    kept: list[str] = []
    position = 0
    endless: set[str] = set()
    for match in _HIDDEN.finditer(text):
        opening = match.group().lower()
        if match.start() < position or opening in endless:
            continue
        end = text.find(_HIDDEN_ENDS[opening], match.end())
        behind = text.find(">", end) + 1
        if end < 0 or behind == 0:
            endless.add(opening)
            continue
        kept.append(text[position : match.start()])
        position = behind
    kept.append(text[position:])
    visible = " ".join(kept)
    return _STRAY.sub("&lt;", visible) if len(_STRAY.findall(visible)) > _MOST_STRAYS else visible


def _lines(text: str) -> str:
    return "\n".join(filter(None, (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))))
