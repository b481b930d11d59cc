"""Mark what each word of a question means to a table: a value, a bound, an operator, a column, or nothing it knows."""

from harness.documents.language import STOP_WORDS, fold, listed, stem, tokens
from harness.server.models.annotated import Annotated, ColumnMention, Operator, ValueMention
from harness.server.models.bounds import mark_bounds, mark_dates
from harness.server.models.implied import in_minutes, is_conjunction, is_sum, mark_implied, settle_inflected
from harness.server.models.lexicon import AGGREGATES, COMPARATIVES, GENERIC, RECORD_NOUNS, SUPERLATIVES
from harness.server.models.query import Filter
from harness.server.models.schema import Column, TableView
from harness.server.models.vocabulary import CONTEXT, cluster_of, related, stems_of

__all__ = ["annotate"]

_LONG_CELL = 12  # tokens: a column with longer cells describes, it does not name
_UNIT_STEMS = stems_of(listed("months minutes days hours weeks years kg eur usd gbp km cm m pct percent"))
_COUNTS = listed("two three four five six seven eight nine ten eleven twelve")
_TOLD = CONTEXT | stems_of(["night", "nights", "evening"])
_DEGREES = listed("long fast soon quickly high late heavy expensive dear often")


def annotate(text: str, view: TableView) -> Annotated:
    """Read a question as this table would."""
    spaced = in_minutes(text.replace("_", " "), view)
    words = tokens(spaced)
    found = Annotated(view=view, text=spaced, words=words, roles=[""] * len(words))
    _mark_column_names(found)
    _mark_values(found)
    settle_inflected(found)
    _mark_operators(found)
    _mark_columns(found)
    mark_implied(found)
    mark_dates(found)
    mark_bounds(found)
    _mark_fillers(found)
    _mark_contained(found)
    found.is_weak = not any(mention.length for mention in found.values) and all(
        mention.is_asking for mention in found.columns
    )
    found.columns.sort(key=lambda mention: mention.position)
    found.operators.sort(key=lambda operator: operator.position)
    return found


def _mark_column_names(found: Annotated) -> None:
    """Columns of several words, named in full: `floor area`, `number purchased`."""
    for column in sorted(found.view.columns, key=lambda column: -len(column.stems)):
        named_by = column.stems[:-1] if column.stems[-1:] and column.stems[-1] in _UNIT_STEMS else column.stems
        length = len(named_by)
        for position in range(len(found.words) - length + 1):
            named = tuple(word.stem for word in found.words[position : position + length]) == named_by
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
        if is_sum(folded, position):
            found.operators.append(Operator(position=position, kind="sum"))
        elif word in AGGREGATES and not _names_a_column(found, position):
            found.operators.append(Operator(position=position, kind=AGGREGATES[word]))
        elif word in SUPERLATIVES or word in COMPARATIVES:
            _mark_degree(found, position, word, following)
        else:
            continue
        found.roles[position] = "operator"


def _names_a_column(found: Annotated, position: int) -> bool:
    """Whether `total` is what a column is called, and the question asks for nothing else."""
    own = [c for c in found.view.columns if c.kind == "number" and found.words[position].stem in c.stems]
    return bool(own) and AGGREGATES[found.folded[position]] == "sum"


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
        is_asking = folded in {"who", "where", "when"} and not is_conjunction(found, position)
        columns = _asked_by(folded, found.view, found.folded) if is_asking else found.view.columns_for(word.stem)
        if folded in STOP_WORDS and not is_asking:
            columns = []
        if word.stem in found.view.record_words:
            # A buyer is no `consumer rating`: what stands for the records only means a column that is all about it.
            same = cluster_of(word.stem) | related(word.stem)
            columns = [column for column in columns if word.stem in column.topics or column.topics <= same]
        if word.stem in found.view.record_nouns:
            # `loans` are the records of a table of loans, although a column is called `loan_days`.
            columns = [
                column
                for column in columns
                if folded.rstrip("s") in {fold(part).rstrip("s") for part in column.title.split()[-1:]}
            ]
        if columns:
            found.columns.append(ColumnMention(position=position, columns=tuple(columns), is_asking=is_asking))
            found.roles[position] = "column"
    _settle_who(found)


def _settle_who(found: Annotated) -> None:
    """Let the verb decide whom `who` asks for: `who wrote` asks for the author."""
    named = [m for m in found.columns if not m.is_asking and any(column.holds_names for column in m.columns)]
    asked = [column.index for m in found.columns if found.folded[m.position] == "who" for column in m.columns]
    if named and not any(column.index in asked for m in named for column in m.columns):
        found.columns = [m for m in found.columns if found.folded[m.position] != "who"]


def _asked_by(word: str, view: TableView, said: list[str]) -> list[Column]:
    sorts = {
        "who": ("customer", "borrower", "employee", "manager", "author", "artist"),
        "where": ("location", "address"),
    }
    is_past = bool({"did", "was", "were", "since"} & set(said))
    times = ("date", "opened", "year") if is_past else ("hours", "date", "opened", "year")
    for sort in sorts.get(word, times):
        if columns := view.columns_for(stem(sort)):
            return [column for column in columns if word != "who" or column.holds_names]
    dated = [column for column in view.columns if column.kind == "date"]
    return dated if word == "when" and len(dated) == 1 else []


def _mark_fillers(found: Annotated) -> None:
    for position, word in enumerate(found.words):
        if found.roles[position]:
            continue
        folded = fold(word.text)
        if folded in {"who", "where", "when"}:
            # `who` may ask for one of the groups that the question itself names; a column answers it otherwise.
            named = [mention.column for mention in found.values]
            found.roles[position] = "filler" if folded == "who" and len(named) > len(set(named)) else ""
        elif _is_name(found, position):
            continue
        elif word.stem in found.view.record_words and folded.endswith("s") and folded not in STOP_WORDS:
            found.roles[position] = "record"
        elif folded in STOP_WORDS or word.stem in GENERIC or _is_degree(found, position):
            found.roles[position] = "filler"
        elif word.stem in found.view.record_words or word.stem in RECORD_NOUNS:
            found.roles[position] = "record"
        elif word.is_number or fold(word.text) in _COUNTS:
            is_all = position > 0 and found.folded[position - 1] in {"all", "these", "both"}
            found.roles[position] = "filler" if is_all else ""


def _is_name(found: Annotated, position: int) -> bool:
    """Whether a capital in the middle of a sentence makes a name of a stop word: `Salt Mine`."""
    word = found.words[position]
    before = found.text[: word.start].rstrip()
    return (
        position > 0
        and word.text[0].isupper()
        and word.text != "I"
        and before[-1:].isalnum()
        and not word.text.isupper()
    )


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
    if all(word.stem in _TOLD and not word.text[0].isupper() for word in found.words[position : position + length]):
        return
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
    if condition not in found.bounds and not _repeats(found, rows_by_column[index]):
        found.bounds.append(condition)
    found.take(position, length, "value")


def _repeats(found: Annotated, rows: frozenset[int]) -> bool:
    """Whether a condition selects these very rows already."""
    return any(rows in condition.values for condition in found.bounds)


def _describes(found: Annotated, position: int, length: int) -> bool:
    """Whether words qualify a record, so that its description may hold them: `14-inch laptops`, `phones with a stylus`.

    What stands alone names another kind of thing: a laptop whose description speaks of its keyboard is no keyboard.
    """
    after = found.roles[position + length] if position + length < len(found.words) else ""
    before = found.folded[max(0, position - 3) : position]
    named = any(role in {"value", "record"} for role in found.roles[max(0, position - 4) : position])
    return after in {"value", "record"} or (named and bool({"with", "having", "featuring"} & set(before)))
