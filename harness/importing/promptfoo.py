"""A promptfoo configuration as a suite."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.errors import CaseFileError
from harness.importing.assertions import Demand, Translator
from harness.importing.draft import CaseDraft, SuiteDraft
from harness.importing.facts import tag_of
from harness.importing.messages import Message, chat_of
from harness.importing.prompts import PromptTemplate, read_prompts
from harness.importing.providers import read_providers
from harness.importing.reading import Beside
from harness.importing.templates import fill, is_template
from harness.importing.tested import expanded, read_tests
from harness.importing.values import Values
from harness.importing.wording import Wording, add_variants, wording_of

_RUNNING = "is about how promptfoo runs, not about what is tested"
_KEYS: Mapping[str, str] = {
    **dict.fromkeys(
        ("outputPath", "sharing", "commandLineOptions", "env", "writeLatestResults", "telemetry"), _RUNNING
    ),
    **dict.fromkeys(("nunjucksFilters", "extensions"), "is code"),
    "derivedMetrics": "figures over all tests come from `harness sql`",
    "redteam": "attacks are made up by a model: write those that matter as cases",
    "tags": "tags of a whole configuration have no equal: tag the suite",
}
"""Why a setting of the whole configuration has no equal."""
_READ = {
    "$schema", "description", "prompts", "providers", "targets", "tests", "defaultTest", "scenarios",
    "assertionTemplates", "evaluateOptions",
}  # fmt: skip
_TEST_KEYS = {"description", "vars", "assert", "threshold", "metadata", "options"}
_OPTIONS = {"prefix", "suffix", "disableDefaultAsserts", "disableVarExpansion"}
_QUESTIONS = ("prompt", "question", "query", "input", "user_input", "message", "user_query", "text")
_REFERENCES = 20


def read_promptfoo(config: dict[str, Any], beside: Beside, draft: SuiteDraft, contexts: tuple[str, ...]) -> None:
    """Fill in a draft from a configuration.

    Args:
        config: The configuration as plain data.
        beside: Its folder.
        draft: Takes the cases, and what could not be carried over.
        contexts: Names of the variables that hold what is answered from.
    """
    config = _without_references(config, config)
    prompts = read_prompts(config.get("prompts"), beside, draft)
    providers = read_providers(config.get("providers", config.get("targets")), beside, draft)
    _tell_settings(config, draft)
    wording = wording_of(prompts, contexts)
    reader = _Reader(beside=beside, draft=draft, contexts=contexts, prompts=prompts, wording=wording)
    for number, test in enumerate(read_tests(config, beside, draft), start=1):
        draft.cases += reader.cases(test, number)
    add_variants(draft, wording, providers)


def _without_references(value: Any, top: Mapping[str, Any], depth: int = 0) -> Any:
    """Return plain data with `$ref: '#/...'` replaced by what it points at."""
    if isinstance(value, list):
        return [_without_references(one, top, depth) for one in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/") and depth < _REFERENCES:
        found: Any = top
        for part in reference[2:].split("/"):
            found = found.get(part) if isinstance(found, dict) else None
        rest = {key: one for key, one in value.items() if key != "$ref"}
        return _without_references({**found, **rest} if isinstance(found, dict) else rest, top, depth + 1)
    return {key: _without_references(one, top, depth) for key, one in value.items()}


def _tell_settings(config: Mapping[str, Any], draft: SuiteDraft) -> None:
    for key in config:
        if key not in _READ:
            draft.leave(str(key), _KEYS.get(str(key), "has no equal here"))
    options = config.get("evaluateOptions")
    for key, value in options.items() if isinstance(options, dict) else ():
        why = f"repeat by `pytest cases/ --harness-trials {value}`" if key == "repeat" else _RUNNING
        draft.leave(f"evaluateOptions.{key}", why)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reader:
    beside: Beside
    draft: SuiteDraft
    contexts: tuple[str, ...]
    prompts: list[PromptTemplate]
    wording: Wording | None
    names: dict[bytes, str] = field(default_factory=dict)
    """Names of the documents by what they hold."""

    def cases(self, test: Mapping[str, Any], number: int) -> Iterator[CaseDraft]:
        """Return the cases of a test: one for each combination of its variables and, maybe, each prompt."""
        label = " ".join(str(test.get("description") or f"test {number}").split())[:120]
        for key in sorted(set(map(str, test)) - _TEST_KEYS):
            self.draft.leave(key.removeprefix("__"), "the setting has no equal here", label)
        parts = {key: self._mapping(test.get(key), key, label) for key in ("vars", "metadata", "options")}
        for key in sorted(set(map(str, parts["options"])) - _OPTIONS):
            self.draft.leave(f"options.{key}", "the setting has no equal here", label)
        plain, is_whole = parts["vars"], parts["options"].get("disableVarExpansion") is True
        try:
            combinations = [plain] if is_whole else list(expanded(plain, self.contexts))
        except ValueError as error:
            self.draft.leave("vars", str(error), label)
            return
        for values in combinations:
            try:
                yield from self._cases_of({**test, **parts}, values, label)
            except ValueError as error:
                self.draft.leave("test", f"{error}: it makes no case", label)

    def _cases_of(self, test: Mapping[str, Any], plain: Mapping[str, Any], label: str) -> Iterator[CaseDraft]:
        values = Values(beside=self.beside, draft=self.draft, contexts=self.contexts, label=label, names=self.names)
        asked, told, documents = values.read(plain)
        leave = _leaver(self.draft, label)
        assertions = test.get("assert") if isinstance(test.get("assert"), list) else []
        demand = Translator(values=told, beside=self.beside, leave=leave).demand(
            assertions or [], test.get("threshold")
        )
        tags = self._tags(test["metadata"], label)
        options = test["options"]
        for prompt in self._asked(asked):
            chat = chat_of(
                [Message(role=one.role, text=self._filled(one.text, asked, label)) for one in prompt.messages]
            )
            if chat.has_replies:
                self.draft.leave("answers of the assistant", "no case can give them: it answers itself", label)
            last = f"{options.get('prefix') or ''}{chat.prompts[-1]}{options.get('suffix') or ''}"
            is_several = self.wording is None and len(self.prompts) > 1
            tag = tag_of(prompt.label or f"prompt-{self.prompts.index(prompt) + 1}") if is_several else None
            yield _case(
                title=str(test.get("description") or self._question(asked) or chat.prompts[-1]),
                prompts=(*chat.prompts[:-1], last),
                system="" if self.wording else chat.system,
                documents=documents,
                tags=tuple(dict.fromkeys([*tags, *([tag] if tag else [])])),
                demand=demand,
                test=label,
            )

    def _asked(self, values: Mapping[str, Any]) -> list[PromptTemplate]:
        if self.wording is not None:
            return [_prompt(self.wording.variable)]
        if self.prompts:
            return self.prompts
        name = next((name for name in _QUESTIONS if name in values), None)
        name = name or next((name for name in values if name not in self.contexts), None)
        if name is None:
            raise ValueError("there is no prompt, and no variable to ask instead")
        if name != "prompt":
            self.draft.note(f"there is no prompt to put variables into: the variable {name!r} is asked as it is")
        return [_prompt(name)]

    def _filled(self, text: str, values: Mapping[str, Any], label: str) -> str:
        filled, missing = fill(text, values)
        for name in missing:
            self.draft.leave(f"{{{{{name}}}}} in the prompt", "the test does not set it: nothing stands there", label)
        return filled

    def _question(self, values: Mapping[str, Any]) -> str:
        names = [name for name in values if name not in self.contexts]
        name = next((name for name in _QUESTIONS if name in names), names[0] if len(names) == 1 else None)
        return "" if name is None or is_template(str(values[name])) else str(values[name])

    def _mapping(self, value: Any, key: str, label: str) -> dict[str, Any]:
        """Return a part of a test; variables may stand in a file."""
        try:
            found = self.beside.data(value) if isinstance(value, str) and value.startswith("file://") else value
        except (ValueError, CaseFileError) as error:
            self.draft.leave(key, str(error), label)
            return {}
        if found is not None and not isinstance(found, dict):
            self.draft.leave(key, "is no mapping", label)
        return found if isinstance(found, dict) else {}

    def _tags(self, metadata: Mapping[str, Any], label: str) -> list[str]:
        tags: list[str] = []
        for key, value in metadata.items():
            for item in value if isinstance(value, list) else [value]:
                tag = tag_of(item) if isinstance(item, str) else tag_of(f"{key}-{item}")
                if tag is None:
                    self.draft.leave(f"metadata.{key}", "its value makes no tag (letters, digits, `-`)", label)
                else:
                    tags.append(tag)
        return tags


def _prompt(name: str) -> PromptTemplate:
    return PromptTemplate(label="", messages=(Message(role="user", text=f"{{{{ {name} }}}}"),))


def _leaver(draft: SuiteDraft, label: str) -> Any:
    return lambda what, why: draft.leave(what, why, label)


def _case(*, demand: Demand, **rest: Any) -> CaseDraft:
    expect = None if demand.is_refusal is None else "refuse" if demand.is_refusal else "answer"
    return CaseDraft(
        expect="refuse" if expect == "refuse" else None,  # `answer` is what a case expects anyway
        facts=list(demand.facts),
        min_groundedness=None if demand.is_refusal else demand.min_groundedness,
        **rest,
    )
