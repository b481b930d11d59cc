"""Find the answer to a conversation's last message in the files, by table or by prose."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from harness.documents import Document
from harness.server.models.answer import Statement
from harness.server.models.interface import Conversation, Sources
from harness.server.models.loose import asks_only_a_price
from harness.server.models.prose import answer_from_prose
from harness.server.models.prosequestion import ProseQuestion, in_setting, read_question, with_setting, with_terms
from harness.server.models.schema import TableView
from harness.server.models.tablefinder import TableFinding, find_in_tables, is_near, summarise_groups
from harness.server.models.turns import Part, is_dependent, is_pointing, parts_of, rewritten, task_of
from harness.server.models.units import Library, Unit, units_of

__all__ = ["Finder", "Finding"]

_KEPT_DOCUMENTS = 64
_KEPT_LIBRARIES = 16
_REPLAYED_TURNS = 8
_NEAR = 0.55  # share of a question's weight that makes a miss a near one


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found for a message."""

    statements: tuple[Statement, ...]
    """The sentences of the answer; empty where there is none."""
    unanswered: tuple[str, ...]
    """The questions of the message that the files do not answer."""
    nearest: Statement | None
    """What comes nearest to an answer of the first unanswered question; None where nothing is near."""
    is_near: bool
    """Whether the files speak of what an unanswered question names."""
    question: str
    """The message's task, as it was searched for."""


@dataclass(frozen=True, kw_only=True)
class _Turn:
    """What one question came to; the next may lean on it."""

    text: str
    table: TableFinding | None = None
    prose: ProseQuestion | None = None
    statements: tuple[Statement, ...] = ()
    nearest: Statement | None = None
    is_near: bool = False


class _Files:
    """The searchable files, read for questions."""

    def __init__(self, views: Sequence[TableView], library: Library) -> None:
        self.views = views
        self.library = library


class Finder:
    """Reads files once and answers questions about them. Safe for use by several threads."""

    def __init__(self) -> None:
        self._read: OrderedDict[tuple[str, str], tuple[tuple[TableView, ...], tuple[Unit, ...]]] = OrderedDict()
        self._files: OrderedDict[tuple[tuple[str, str], ...], _Files] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, conversation: Conversation, sources: Sources) -> Finding:
        """Answer the last message; the user's earlier ones are answered again to know what it points at."""
        files = self._files_of([document for _, document in sources.files()])
        asked = [task_of(message.text) for message in conversation.spoken if message.role == "user"] or [""]
        earlier: _Turn | None = None
        for message in asked[-_REPLAYED_TURNS:-1]:
            for part in parts_of(message):
                turn = _answer(part, files, earlier)
                # A statement sets the scene for the question that follows, though it answers nothing.
                earlier = turn if turn.statements or "?" not in message else earlier
        turns: list[_Turn] = []
        for part in parts_of(asked[-1]):
            is_cut_off = bool(turns) and not turns[-1].statements and is_pointing(part.text)
            turn = _Turn(text=part.text) if is_cut_off else _answer(part, files, earlier)
            earlier = turn if turn.statements else earlier
            turns.append(turn)
        return _finding(asked[-1], turns, files)

    def _files_of(self, documents: Sequence[Document]) -> _Files:
        key = tuple((document.path, document.sha256) for document in documents)
        with self._lock:
            if key not in self._files:
                read = [self._read_document(document) for document in documents]
                views = [view for views, _ in read for view in views]
                self._files[key] = _Files(views, Library([units for _, units in read]))
            self._files.move_to_end(key)
            while len(self._files) > _KEPT_LIBRARIES:
                self._files.popitem(last=False)
            return self._files[key]

    def _read_document(self, document: Document) -> tuple[tuple[TableView, ...], tuple[Unit, ...]]:
        key = (document.path, document.sha256)
        if key not in self._read:
            views = tuple(TableView(table, document) for table in document.tables if table.rows)
            self._read[key] = (views, units_of(document))
        self._read.move_to_end(key)
        while len(self._read) > _KEPT_DOCUMENTS:
            self._read.popitem(last=False)
        return self._read[key]


def _finding(task: str, turns: Sequence[_Turn], files: _Files) -> Finding:
    statements = tuple(statement for turn in turns for statement in turn.statements)
    missed = [turn for turn in turns if not turn.statements]
    if (
        not statements
        and len(task.split()) > 5
        and any(word in task.lower() for word in ("cluster", "segment", "group"))
    ):
        answers = summarise_groups(task, files.views)
        statements = tuple(answer.statement for answer in answers)
        missed = [] if statements else missed
    return Finding(
        statements=statements,
        unanswered=tuple(turn.text for turn in missed) or (() if statements else (task,)),
        nearest=missed[0].nearest if missed else None,
        is_near=any(turn.is_near for turn in missed),
        question=task,
    )


def _answer(part: Part, files: _Files, earlier: _Turn | None) -> _Turn:
    text = part.text
    table = find_in_tables(text, files.views, earlier.table if earlier else None, part.setting)
    if table is not None:
        is_void = not table.answers
        if table.is_weak:
            question = in_setting(read_question(text), part.setting)
            answer, near = answer_from_prose(question, files.library)
            if answer is not None and near is not None:
                return _Turn(text=text, prose=question, statements=answer.statements)
        return _Turn(text=text, table=table, statements=_statements(table), is_near=is_void)
    is_bare = asks_only_a_price(read_question(text))
    if part.setting and (is_pointing(text) or is_bare):
        turn = _from_prose(text, with_setting(text, part.setting), files)
        return turn if turn.statements or is_bare else _follow(text, files, _Turn(text=part.setting))
    if earlier is not None and is_dependent(text):
        return _follow(text, files, earlier)
    return _from_prose(text, in_setting(read_question(text), part.setting), files)


def _statements(table: TableFinding) -> tuple[Statement, ...]:
    return tuple(answer.statement for answer in table.answers)


def _from_prose(text: str, question: ProseQuestion, files: _Files) -> _Turn:
    answer, near = answer_from_prose(question, files.library)
    if answer is not None:
        return _Turn(text=text, prose=question, statements=answer.statements)
    nearest = None
    if near is not None and near.score >= _NEAR:
        nearest = near.statement(files.library)
    return _Turn(text=text, prose=question, nearest=nearest, is_near=nearest is not None or is_near(text, files.views))


def _follow(text: str, files: _Files, earlier: _Turn) -> _Turn:
    """Answer a question that leans on an earlier one: with its topic put in, or its topic added."""
    for candidate in rewritten(text, earlier.text):
        table = find_in_tables(candidate, files.views, None)
        if table is not None and table.answers:
            return _Turn(text=candidate, table=table, statements=_statements(table))
        turn = _from_prose(candidate, read_question(candidate), files)
        if turn.statements:
            return turn
    question = read_question(text)
    before = earlier.prose or read_question(earlier.text)
    topic = before.terms
    choices = (
        [topic, *(topic[:i] + topic[i + 1 :] for i in range(len(topic) - 1, -1, -1))] if len(topic) > 1 else [topic]
    )
    if before.figures:
        choices.append(())
    if question.terms or question.kinds:
        for terms in choices:
            turn = _from_prose(text, with_terms(question, terms, before.figures), files)
            if turn.statements:
                return turn
    if is_pointing(text):
        return _from_prose(text, with_terms(question, topic, before.figures), files)
    return _from_prose(text, question, files)
