"""OpenAI Evals: samples in JSON lines, the registry's YAML that names them, and the hosted service's items."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from harness.errors import CaseFileError
from harness.importing.draft import CaseDraft, NotCarried, SuiteDraft
from harness.importing.facts import wrong_fact
from harness.importing.messages import Message, chat_of, read_messages
from harness.importing.reading import Beside, parse_json_lines
from harness.importing.records import RecordReader

_GRADED = "needs a model's judgement: write facts instead, a scorer of your own, or run with --harness-judge"
_KNOWN = {"Match": "match", "Includes": "includes", "FuzzyMatch": "fuzzy", "JsonMatch": "json"}
"""How an eval compares, by the name of its class."""
_READ = {"input", "ideal"}


def is_registry(data: Any) -> bool:
    """Tell whether YAML is a registry of evals: entries with `class` and `args`."""
    return isinstance(data, dict) and any(isinstance(one, dict) and "class" in one for one in data.values())


def read_registry(data: Mapping[str, Any], beside: Beside, reader: RecordReader) -> None:
    """Add the cases of all evals of a registry file; samples are looked for beside it and in `data`."""
    draft = reader.draft
    for name, entry in data.items():
        if not isinstance(entry, dict) or "class" not in entry:
            continue  # the entry that gives the others their names
        kind = _KNOWN.get(str(entry["class"]).rpartition(":")[2])
        if kind is None:
            draft.leave(str(name), f"the class {entry['class']}: {_GRADED}")
        arguments = entry.get("args") if isinstance(entry.get("args"), dict) else {}
        samples = str((arguments or {}).get("samples_jsonl", ""))
        for key in sorted(set(arguments or {}) - {"samples_jsonl"}):
            draft.leave(f"{name}: {key}", "the setting has no equal here")
        try:
            text = _samples(samples, beside)
        except ValueError as error:
            draft.leave(str(name), str(error))
            continue
        read_samples(parse_json_lines(text, samples), reader, kind, f"{name} ")


def _samples(name: str, beside: Beside) -> str:
    for folder in ("", "data/", "evals/"):
        try:
            return beside.text(folder + name)
        except ValueError as error:
            reason = error
    raise reason


def read_samples(
    records: Iterable[tuple[int, dict[str, Any]]], reader: RecordReader, kind: str | None, prefix: str = ""
) -> None:
    """Add a case for each sample.

    Args:
        records: Samples with their lines.
        reader: Reads what has the form of a table.
        kind: How answers are compared; None: not at all.
        prefix: What stands before the number of a line where it is named.
    """
    draft = reader.draft
    for line, record in records:
        label = f"{prefix}line {line}"
        if isinstance(record.get("item"), dict):
            if "sample" in record:
                draft.leave("sample", "an answer that was given is no case: ask for it anew")
            reader.read([(line, record["item"])])
        elif "ideal" in record or isinstance(record.get("input"), list):
            try:
                draft.cases.append(_case(record, label, draft, kind))
            except ValueError as error:
                draft.leave("sample", f"{error}: it makes no case", label)
        else:
            reader.read([(line, record)])


def _case(record: Mapping[str, Any], label: str, draft: SuiteDraft, kind: str | None) -> CaseDraft:
    for key in sorted(set(record) - _READ):
        draft.leave(f"field {key!r}", "its name says nothing here")
    asked = record.get("input")
    messages = [Message(role="user", text=asked)] if isinstance(asked, str) else read_messages(asked)
    if messages is None:
        raise ValueError("has no `input` of messages")
    chat = chat_of(messages)
    if chat.has_replies:
        draft.leave("answers of the assistant", "no case can give them: it answers itself", label)
    ideal = record.get("ideal")
    texts = [] if ideal is None else [_text(one) for one in (ideal if isinstance(ideal, list) else [ideal])]
    facts = _facts([text for text in texts if text.strip()], kind, label, draft)
    return CaseDraft(title=chat.prompts[-1], prompts=chat.prompts, system=chat.system, facts=facts, test=label)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        raise NotCarried("`ideal` is neither text nor a list of texts")
    return str(value)


def _facts(texts: list[str], kind: str | None, label: str, draft: SuiteDraft) -> list[Any]:
    if not texts:
        return []
    if kind is None:
        draft.leave("ideal", f"{_GRADED} ({' '.join(texts[0].split())[:160]})", label)
        return []
    if kind == "json":
        draft.leave("ideal", "that it is JSON is demanded; write `json_path` facts for its values", label)
        return [{"json_path": "$"}]
    found: list[Any] = []
    for text in (one.strip() for one in texts):
        fact = {"regex": rf"\A\s*(?-i:{re.escape(text)})"} if kind == "match" else text
        wrong = wrong_fact(fact)
        if wrong:
            draft.leave("ideal", wrong, label)
        else:
            found.append(fact)
    return [{"any_of": found}] if len(found) > 1 else found


def kind_of_lines(first: Mapping[str, Any]) -> str:
    """Tell what JSON lines are: `promptfoo` tests or `evals` samples.

    Raises:
        CaseFileError: Neither.
    """
    if "vars" in first or "assert" in first:
        return "promptfoo"
    if {"input", "ideal", "item", "question", "prompt", "query", "messages"} & set(first):
        return "evals"
    what = (
        f"its lines hold {', '.join(map(str, list(first)[:6])) or 'nothing'}; wanted is `input` and `ideal`, or `item`"
    )
    raise CaseFileError(what)
