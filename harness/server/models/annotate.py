"""Mark what each word of a question means to a table: a value, a bound, an operator, a column, or nothing it knows."""

import re
from dataclasses import dataclass, field

from harness.documents import Cell
from harness.documents.language import STOP_WORDS, Number, Token, fold, listed, numbers, stem, tokens
from harness.server.models.query import Comparison, Filter
from harness.server.models.schema import Column, TableView
from harness.server.models.vocabulary import stems_of

__all__ = ["Annotated", "Operator", "annotate"]

GENERIC = stems_of(
    listed(
        """
        record records entry entries row rows data dataset file table list document documents information database
        knowledge base show find count number amount many much different distinct unique value values overall exist
        available according based across among question answer report result compare compared comparison difference
        recorded listed contained included figure single made make go going named called name exactly dollars dollar
        euros usd breakdown do combined altogether there than respectively hello hi thanks thank okay ok tell see
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

_UP = "more|greater|higher|larger|bigger|better|longer|older|heavier|taller|above|over|exceed(?:s|ing|ed)?|after|later"
_DOWN = "less|fewer|lower|smaller|cheaper|shorter|younger|lighter|under|below|before|earlier|worse"
_CUES: tuple[tuple[str, Comparison], ...] = (
    (r"at least|no (?:less|fewer|lower) than|(?:a )?minimum of|since|not less than", ">="),
    (r"at most|no (?:more|higher|greater) than|up to|(?:a )?maximum of|until|not more than", "<="),
    (rf"(?:{_UP})(?: than)?", ">"),
    (rf"(?:{_DOWN})(?: than)?", "<"),
    (r"exactly|equal to|equals|of|is|was|are|were|rated|at|with|in|during", "="),
)
_BEFORE: tuple[tuple[re.Pattern[str], Comparison], ...] = tuple(
    (re.compile(rf"\b(?:{cue})\s*(?:a |an |the year )?$", re.IGNORECASE), comparison) for cue, comparison in _CUES
)
_AFTER: tuple[tuple[re.Pattern[str], Comparison], ...] = (
    (re.compile(r"\s*(?:\+|\b(?:or|and) (?:more|higher|above|better|over|greater|longer|later|older|up)\b)"), ">="),
    (re.compile(r"\s*\b(?:or|and) (?:less|lower|fewer|below|under|cheaper|worse|earlier)\b"), "<="),
)
_LONG_CELL = 12  # tokens: a column with longer cells describes, it does not name
_DEGREES = listed("long fast soon quickly high big large far old late early")
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ValueMention:
    """A cell that the question names."""

    position: int
    length: int
    column: Column
    cell: Cell


@dataclass(frozen=True, kw_only=True)
class ColumnMention:
    """A word that may mean one of several columns."""

    position: int
    columns: tuple[Column, ...]


@dataclass(frozen=True, kw_only=True)
class Operator:
    """A word that says what to compute."""

    position: int
    kind: str
    """mean, median, sum, share, superlative or comparative."""
    is_descending: bool = True
    hint: tuple[Column, ...] = ()
    """The columns that the word itself means, as `cheapest` means a price."""


@dataclass(kw_only=True)
class Annotated:
    """A question as one table understands it. Filled step by step, then only read."""

    view: TableView
    text: str
    words: tuple[Token, ...]
    roles: list[str]
    """One a word: value, bound, operator, column, record, filler, or empty for a word the table cannot explain."""
    values: list[ValueMention] = field(default_factory=list)
    bounds: list[Filter] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    columns: list[ColumnMention] = field(default_factory=list)
    limit: int = 1

    @property
    def unexplained(self) -> tuple[str, ...]:
        """The words that neither schema nor values nor operators explain."""
        return tuple(word.text for word, role in zip(self.words, self.roles, strict=True) if not role)

    @property
    def folded(self) -> list[str]:
        """The words, case folded."""
        return [fold(word.text) for word in self.words]

    def take(self, position: int, length: int, role: str) -> None:
        """Give a stretch of words a role."""
        self.roles[position : position + length] = [role] * length


def annotate(text: str, view: TableView) -> Annotated:
    """Read a question as this table would."""
    spaced = text.replace("_", " ")
    words = tokens(spaced)
    found = Annotated(view=view, text=spaced, words=words, roles=[""] * len(words))
    _mark_column_names(found)
    _mark_values(found)
    _mark_operators(found)
    _mark_columns(found)
    _mark_dates(found)
    _mark_bounds(found)
    _mark_fillers(found)
    _mark_contained(found)
    found.columns.sort(key=lambda mention: mention.position)
    found.operators.sort(key=lambda operator: operator.position)
    return found


def _mark_column_names(found: Annotated) -> None:
    """Columns of several words, named in full: `floor area`, `number purchased`."""
    for column in sorted(found.view.columns, key=lambda column: -len(column.stems)):
        length = len(column.stems)
        for position in range(len(found.words) - length + 1):
            named = tuple(word.stem for word in found.words[position : position + length]) == column.stems
            if length > 1 and named and not any(found.roles[position : position + length]):
                found.columns.append(ColumnMention(position=position, columns=(column,)))
                found.take(position, length, "column")


def _mark_values(found: Annotated) -> None:
    position = 0
    while position < len(found.words):
        mention = None if found.roles[position] else _value_at(found, position)
        if mention is None:
            position += 1
            continue
        found.values.append(mention)
        found.take(position, mention.length, "value")
        position += mention.length


def _value_at(found: Annotated, position: int) -> ValueMention | None:
    word = found.words[position]
    best: ValueMention | None = None
    for names, column, cell in found.view.mentions.get(word.stem, ()):
        length = len(names)
        said = found.words[position : position + length]
        if tuple(token.stem for token in said) != names or (length == 1 and fold(word.text) in STOP_WORDS):
            continue
        if best is None or length > best.length:
            best = ValueMention(position=position, length=length, column=column, cell=cell)
    return best


def _mark_operators(found: Annotated) -> None:
    folded = found.folded
    for position, word in enumerate(folded):
        if found.roles[position]:
            continue
        following = stem(folded[position + 1]) if position + 1 < len(folded) else ""
        if word in AGGREGATES:
            found.operators.append(Operator(position=position, kind=AGGREGATES[word]))
        elif word in SUPERLATIVES or word in COMPARATIVES:
            _mark_degree(found, position, word, following)
        else:
            continue
        found.roles[position] = "operator"


def _mark_degree(found: Annotated, position: int, word: str, following: str) -> None:
    kind = "superlative" if word in SUPERLATIVES else "comparative"
    is_descending, hint = (SUPERLATIVES | COMPARATIVES)[word]
    columns = tuple(found.view.columns_for(stem(hint))) if hint else ()
    if following == stem("expensive") or (word == "least" and following == stem("expensive")):
        columns = tuple(found.view.columns_for(following))
    if word in {"oldest", "youngest", "older", "younger"} and not columns:
        columns = tuple(found.view.columns_for(stem("opened"))) or tuple(found.view.columns_for(stem("date")))
        is_descending = not is_descending
    if word in {"newest", "latest", "newer"} and not columns:
        columns = tuple(found.view.columns_for(stem("date"))) or tuple(found.view.columns_for(stem("year")))
    numeric = tuple(column for column in columns if column.kind in {"number", "date"})
    found.operators.append(Operator(position=position, kind=kind, is_descending=is_descending, hint=numeric))


def _mark_columns(found: Annotated) -> None:
    for position, word in enumerate(found.words):
        if found.roles[position] or word.is_number:
            continue
        folded = fold(word.text)
        is_asking = folded in {"who", "where", "when"}
        columns = _asked_by(folded, found.view) if is_asking else found.view.columns_for(word.stem)
        if folded in STOP_WORDS and not is_asking:
            columns = []
        if columns:
            found.columns.append(ColumnMention(position=position, columns=tuple(columns)))
            found.roles[position] = "column"


def _asked_by(word: str, view: TableView) -> list[Column]:
    sorts = {"who": ("manager", "author", "artist", "borrower", "customer"), "where": ("location", "address")}
    for sort in sorts.get(word, ("date", "opened", "year")):
        if columns := view.columns_for(stem(sort)):
            return [column for column in columns if word != "who" or column.holds_names]
    return []


def _mark_dates(found: Annotated) -> None:
    dated = [column for column in found.view.columns if column.kind == "date"]
    if not dated:
        return
    for position in range(len(found.words)):
        if found.roles[position]:
            continue
        prefix, length = _date_at(found.folded, position)
        if length:
            column = _nearest(found, position, dated)
            comparison = _comparison_before(found.text[: found.words[position].start]) or ("=", 0)
            shown = f"{column.title} {_in_words(comparison[0], prefix, is_date=True)}"
            found.bounds.append(Filter(column=column, comparison=comparison[0], values=(prefix,), shown=shown))
            _take_span(found, comparison[1] or found.words[position].start, found.words[position + length - 1].end)


def _date_at(folded: list[str], position: int) -> tuple[str, int]:
    """Read a date, a month with its year, or a year: (the start of its ISO form, number of words)."""
    words = [*folded[position : position + 3], "", "", ""][:3]
    if re.fullmatch(r"(?:1[5-9]|20|21)\d\d", words[0]):
        if re.fullmatch(r"\d\d", words[1]) and re.fullmatch(r"\d\d", words[2]):
            return "-".join(words), 3
        return words[0], 1
    day_first = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", words[0]) and words[1] in _MONTHS
    if day_first and re.fullmatch(r"\d{4}", words[2]):
        return f"{words[2]}-{_MONTHS.index(words[1]) + 1:02}-{int(re.sub('[a-z]', '', words[0])):02}", 3
    if words[0] in _MONTHS:
        month = f"{_MONTHS.index(words[0]) + 1:02}"
        if re.fullmatch(r"\d{4}", words[1]):
            return f"{words[1]}-{month}", 2
        if re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", words[1]) and re.fullmatch(r"\d{4}", words[2]):
            return f"{words[2]}-{month}-{int(re.sub('[a-z]', '', words[1])):02}", 3
        if words[0] != "may":
            return f"-{month}", 1
    return "", 0


def _mark_bounds(found: Annotated) -> None:
    """Numbers with what they bound: `over $500`, `a rating of 4 or more`, `between 10 and 20`, `the top three`."""
    pending: Number | None = None
    for number in numbers(found.text):
        covered = [i for i, word in enumerate(found.words) if word.start < number.end and word.end > number.start]
        if not covered or any(found.roles[i] in {"value", "bound"} for i in covered):
            continue
        if _mark_limit(found, number, covered):
            continue
        before = found.text[: number.start]
        if pending is not None and re.search(r"\b(?:and|to)\s*$", before):
            _add_bound(found, number, "<=", pending.start)
            pending = None
        elif re.search(r"\b(?:between|from)\s*$", before):
            _add_bound(found, number, ">=", before.rindex(before.split()[-1]))
            pending = number
        else:
            after = next((sign for cue, sign in _AFTER if cue.match(found.text, number.end)), None)
            comparison = (after, number.start) if after else _comparison_before(before) or ("=", number.start)
            _add_bound(found, number, *comparison)


def _mark_limit(found: Annotated, number: Number, covered: list[int]) -> bool:
    before = found.folded[covered[0] - 1] if covered[0] else ""
    following = found.folded[covered[-1] + 1] if covered[-1] + 1 < len(found.words) else ""
    is_limit = before in {"top", "first"} or following in SUPERLATIVES
    if is_limit and number.unit is None and number.value == int(number.value) and 0 < number.value <= 100:
        found.limit = int(number.value)
        _take_span(found, number.start, number.end)
    return is_limit


def _comparison_before(before: str) -> tuple[Comparison, int] | None:
    for cue, comparison in _BEFORE:
        if match := cue.search(before.removesuffix("$")):
            return comparison, match.start()
    return None


def _add_bound(found: Annotated, number: Number, comparison: Comparison, start: int) -> None:
    column = _bounded_column(found, number, is_equality=comparison == "=")
    if column is None:
        return
    shown = f"{column.title} {_in_words(comparison, f'{number.value:g}', is_date=False)}"
    found.bounds.append(Filter(column=column, comparison=comparison, values=(number.value,), shown=shown))
    end = number.end
    for cue, _ in _AFTER:
        if match := cue.match(found.text, number.end):
            end = match.end()
    _take_span(found, start, end)


def _bounded_column(found: Annotated, number: Number, *, is_equality: bool) -> Column | None:
    """Return the column that a number is a bound of: by its unit, else by the nearest column named."""
    numeric = [column for column in found.view.columns if column.kind == "number"]
    sort = {"$": "price", "€": "price", "£": "price", "star": "rating", "unit": "units", "item": "units",
            "piece": "units", "year": "age", "minute": "duration", "hour": "duration"}.get(number.unit or "")  # fmt: skip
    if sort:
        return next((column for column in found.view.columns_for(stem(sort)) if column in numeric), None)
    first = next(i for i, word in enumerate(found.words) if word.end > number.start)
    near = [
        (abs(mention.position - first) + (mention.position > first), column)
        for mention in found.columns
        for column in mention.columns
        if column in numeric and abs(mention.position - first) <= (3 if is_equality else 6)
    ]
    near += [
        (abs(operator.position - first), column)
        for operator in found.operators
        for column in operator.hint
        if column in numeric and 0 < first - operator.position <= 3
    ]
    if near:
        return min(near, key=lambda pair: pair[0])[1]
    years = [column for column in numeric if _holds_years(column)]
    if years and 1500 <= number.value <= 2200:
        return years[0]
    return numeric[0] if len(numeric) == 1 and not is_equality else None


def _holds_years(column: Column) -> bool:
    present = [value for value in column.values if isinstance(value, float)]
    return bool(present) and all(1500 <= value <= 2200 and value == int(value) for value in present)


def _mark_fillers(found: Annotated) -> None:
    for position, word in enumerate(found.words):
        if found.roles[position]:
            continue
        folded = fold(word.text)
        if folded in {"who", "where", "when"}:
            # `who` may ask for one of the groups that the question itself names; a column answers it otherwise.
            named = [mention.column for mention in found.values]
            found.roles[position] = "filler" if folded == "who" and len(named) > len(set(named)) else ""
        elif folded in STOP_WORDS or word.stem in GENERIC or _is_degree(found, position):
            found.roles[position] = "filler"
        elif word.stem in found.view.record_words:
            found.roles[position] = "record"


def _is_degree(found: Annotated, position: int) -> bool:
    """Whether a word only completes `how`: `how long`, `how fast`."""
    return position > 0 and found.folded[position - 1] == "how" and found.folded[position] in _DEGREES


def _mark_contained(found: Annotated) -> None:
    """Words that stand inside cells: `Austen` in `Jane Austen`. All words of a stretch must meet in one column."""
    position = 0
    while position < len(found.words):
        length = 0
        while position + length < len(found.words) and not found.roles[position + length]:
            length += 1
        if length:
            _mark_stretch(found, position, length)
        position += length or 1


def _mark_stretch(found: Annotated, position: int, length: int) -> None:
    may_describe = _describes(found, position, length)
    rows_by_column: dict[int, frozenset[int]] = {}
    for number, word in enumerate(found.words[position : position + length]):
        rows_of = {
            column.index: rows
            for column, rows in found.view.partial.get(word.stem, ())
            if column.widest <= _LONG_CELL or may_describe
        }
        kept = (
            rows_of
            if number == 0
            else {i: rows & rows_by_column[i] for i, rows in rows_of.items() if i in rows_by_column}
        )
        rows_by_column = {index: rows for index, rows in kept.items() if rows}
    if not rows_by_column:
        return
    index = min(rows_by_column, key=lambda index: (len(rows_by_column[index]), index))
    column = found.view.columns[index]
    said = found.text[found.words[position].start : found.words[position + length - 1].end]
    cells = {column.cells[row] for row in rows_by_column[index]}
    shown = f"{column.title} {next(iter(cells))}" if len(cells) == 1 else f'{column.title} with "{said}"'
    condition = Filter(column=column, comparison="contains", values=(rows_by_column[index],), shown=shown)
    found.bounds.append(condition)
    found.take(position, length, "value")


def _describes(found: Annotated, position: int, length: int) -> bool:
    """Whether words qualify a record, so that its description may hold them: `14-inch laptops`, `phones with a stylus`.

    What stands alone names another kind of thing: a laptop whose description speaks of its keyboard is no keyboard.
    """
    after = found.roles[position + length] if position + length < len(found.words) else ""
    before = found.folded[max(0, position - 3) : position]
    named = any(role in {"value", "record"} for role in found.roles[max(0, position - 4) : position])
    return after in {"value", "record"} or (named and bool({"with", "having", "featuring"} & set(before)))


def _nearest(found: Annotated, position: int, columns: list[Column]) -> Column:
    mentioned = [
        (abs(mention.position - position), column)
        for mention in found.columns
        for column in mention.columns
        if column in columns
    ]
    return min(mentioned, key=lambda pair: pair[0])[1] if mentioned else columns[0]


def _take_span(found: Annotated, start: int, end: int) -> None:
    for position, word in enumerate(found.words):
        if word.start < end and word.end > start and found.roles[position] in {"", "operator", "filler"}:
            found.roles[position] = "bound"
    # `more than 5` compares with a number, not groups with each other.
    found.operators = [operator for operator in found.operators if found.roles[operator.position] == "operator"]


def _in_words(comparison: Comparison, bound: str, *, is_date: bool) -> str:
    words = {"=": "in" if is_date else "of", ">": "after" if is_date else "above", "<": "before" if is_date else "below",
             ">=": "since" if is_date else "of at least", "<=": "until" if is_date else "of at most"}  # fmt: skip
    return f"{words.get(comparison, comparison)} {bound}"
