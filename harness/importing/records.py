"""Tables of questions and answers, by the names of their columns; also the items of the hosted Evals service."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.importing.draft import CaseDraft, SuiteDraft
from harness.importing.facts import answer_fact, tag_of, wrong_fact
from harness.importing.messages import Message, chat_of, read_messages
from harness.importing.reading import Beside
from harness.importing.values import Values

_NAMES: Mapping[str, tuple[str, ...]] = {
    "question": ("question", "prompt", "query", "input", "user_input", "user_question", "message", "messages"),
    "answer": (
        "expected_answer", "expected", "answer", "ideal", "reference_answer", "reference", "ground_truth",
        "expected_output", "correct_answer", "correct_label", "target", "output",
    ),
    "document": ("document", "documents", "file", "files", "file_name", "source", "sources"),
    "context": ("context", "contexts", "passage", "passages"),
    "id": ("id", "case_id", "case", "name", "title"),
    "expect": ("expect", "behaviour", "behavior", "expected_behaviour", "expected_behavior"),
    "tags": ("tags", "tag", "category", "categories", "topic"),
}  # fmt: skip
"""What a column is, by its name; the first that is there counts."""
_REFUSE = {"refuse", "refusal", "refused", "unanswerable", "no_answer", "abstain"}
_SPLIT = re.compile(r"\s*[,;|]\s*")


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordReader:
    """Turns records into cases."""

    draft: SuiteDraft
    beside: Beside
    known: frozenset[str]
    """Documents that are below the fixtures folder."""
    names: dict[bytes, str]
    """Documents that were taken over, by what they hold; added to."""

    def read(self, records: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Add a case for each record; each comes with its line."""
        for line, record in records:
            label = f"line {line}"
            try:
                self.draft.cases.append(self._case(record, label))
            except ValueError as error:
                self.draft.leave("record", f"{error}: it makes no case", label)

    def _case(self, record: Mapping[str, Any], label: str) -> CaseDraft:
        columns = _columns(record)
        for name in record:
            if name not in columns.values() and str(name).strip() and record[name] not in (None, "", [], {}):
                self.draft.leave(f"column {name!r}", "its name says nothing here")
        cells = {role: record[name] for role, name in columns.items() if record[name] not in (None, "")}
        if "question" not in cells:
            raise ValueError(f"has no question (a column {', '.join(_NAMES['question'][:4])}, ...)")
        messages = read_messages(cells["question"]) or [Message(role="user", text=str(cells["question"]))]
        chat = chat_of(messages)
        is_refusal = _key(str(cells.get("expect", ""))) in _REFUSE
        return CaseDraft(
            title=str(cells.get("id") or chat.prompts[-1]),
            prompts=chat.prompts,
            system=chat.system,
            expect="refuse" if is_refusal else None,
            facts=[] if is_refusal else self.facts(cells.get("answer"), label),
            documents=(*self._documents(cells.get("document"), label), *self._context(cells.get("context"), label)),
            tags=tuple(dict.fromkeys(self._tags(cells.get("tags"), label))),
            test=label,
        )

    def facts(self, answer: Any, label: str) -> list[Any]:
        """Return the facts of reference answers: one or several of which any will do."""
        texts = answer if isinstance(answer, list) else _alternatives(answer) if isinstance(answer, str) else [answer]
        found, long = [], 0
        for text in texts:
            fact = None if text is None else answer_fact(str(text))
            if fact is None or wrong_fact(fact):
                long += text not in (None, "")
            else:
                found.append(fact)
        if long:
            shown = " ".join(str(texts[0]).split())[:160]
            why = f"too long to be looked for word by word: write facts ({shown})"
            self.draft.leave("reference answer", why, label)
        if len(found) > 1:
            return [{"any_of": found}]
        return found if not long or len(texts) == 1 else []

    def _documents(self, value: Any, label: str) -> list[str]:
        found = []
        for name in value if isinstance(value, list) else _SPLIT.split(str(value or "").strip()):
            if not str(name):
                continue
            try:
                found.append(str(name) if str(name) in self.known else self._taken(str(name)))
            except ValueError as error:
                self.draft.leave("document", f"{error}, nor below the fixtures folder", label)
        return found

    def _taken(self, name: str) -> str:
        content = self.beside.content(name)
        path = name.removeprefix("file://").removeprefix("./")
        self.names.setdefault(content, path)
        self.draft.documents[self.names[content]] = content
        return self.names[content]

    def _context(self, value: Any, label: str) -> tuple[str, ...]:
        if not value:
            return ()
        values = Values(beside=self.beside, draft=self.draft, contexts=("context",), label=label, names=self.names)
        return values.read({"context": value})[2]

    def _tags(self, value: Any, label: str) -> list[str]:
        found = []
        for text in value if isinstance(value, list) else _SPLIT.split(str(value or "").strip()):
            tag = tag_of(str(text))
            if tag:
                found.append(tag)
            elif text:
                self.draft.leave(f"tag {text!r}", "makes no tag (letters, digits, `-`)", label)
        return found


def _columns(record: Mapping[str, Any]) -> dict[str, str]:
    by_key = {_key(str(name)): str(name) for name in reversed(list(record))}
    found = {}
    for role, names in _NAMES.items():
        name = next((name for name in names if name in by_key), None)
        if name is not None:
            found[role] = by_key[name]
    return found


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")


def _alternatives(text: str) -> list[str]:
    return [part.strip() for part in text.split("|") if part.strip()]
