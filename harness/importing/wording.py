"""Several prompts and providers as variants: one case, asked in several ways, of several models."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.casefile.prompt_template import check_template
from harness.importing.draft import SuiteDraft
from harness.importing.facts import slug, unique
from harness.importing.prompts import PromptTemplate
from harness.importing.providers import Provider
from harness.importing.templates import is_template, plain_names, put
from harness.importing.values import SEE
from harness.model.suite import DEFAULT_VARIANT
from harness.model.variants import TRIAL

_WORDS = r"[\w']+(?: [\w']+){0,3}"
_LABEL = re.compile(rf"\W*(?:{_WORDS}:)?\W*")
"""A line that only says what comes next: `Answer:`, `---`."""
_LABELLED = re.compile(rf"\W*(?:{_WORDS}:)?\W*\{{\{{-?\s*\w+\s*-?\}}\}}\W*")
"""A line that holds a variable and maybe its name: `Question: {{question}}`."""
_LONGEST_LABEL = 100
"""Characters of such a line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """Prompts that differ only in what stands around one variable."""

    variable: str
    """The variable that is the user's own question."""
    prompts: tuple[tuple[str, str, str], ...]
    """Of each prompt its label, what the assistant is told, and the template; empty where it is the question alone."""


def wording_of(prompts: Sequence[PromptTemplate], contexts: Sequence[str]) -> Wording | None:
    """Return how prompts are one question in several wordings; None where they are not."""
    if len(prompts) == 1:
        return _around(prompts[0], contexts)
    variables, found = set[str](), list[tuple[str, str, str]]()
    for prompt in prompts:
        told = [one.text for one in prompt.messages if one.role == "system"]
        asked = [one.text for one in prompt.messages if one.role == "user"]
        if len(asked) != 1 or len(told) + 1 != len(prompt.messages) or any(map(is_template, told)):
            return None
        names = plain_names(asked[0])
        own = [name for name in names or () if name not in contexts]
        if len(own) != 1:
            return None
        variables.add(own[0])
        found.append((prompt.label, "\n\n".join(told).strip(), _template(asked[0], own[0], contexts)))
    if len(variables) != 1 or any(template and check_template(template) for _, _, template in found):
        return None
    return Wording(variable=variables.pop(), prompts=tuple(found))


def _around(prompt: PromptTemplate, contexts: Sequence[str]) -> Wording | None:
    """Return a prompt that hands over documents and a question: what stands around both is told to the assistant."""
    system = [one.text for one in prompt.messages if one.role == "system"]
    asked = [one.text for one in prompt.messages if one.role == "user"]
    if len(asked) != 1 or len(system) + 1 != len(prompt.messages) or any(map(is_template, system)):
        return None
    text = asked[0]
    names = plain_names(text) or []
    own = [name for name in names if name not in contexts]
    lines = text.strip().splitlines()
    asking = [at for at, line in enumerate(lines) if own and own[0] in (plain_names(line) or ())]
    if len(own) != 1 or len(names) < 2 or len(asking) != 1 or not _is(_LABELLED, lines[asking[0]]):
        return None
    after = [line for line in lines[asking[0] + 1 :] if not _is(_LABEL, line)]
    around = [line for line in (*lines[: asking[0]], *after) if line.strip()]
    told = "" if all(_is(_LABELLED, line) for line in around) else "\n".join((*lines[: asking[0]], *after)).strip()
    for name in contexts:
        told = put(told, name, SEE)
    return Wording(variable=own[0], prompts=((prompt.label, "\n\n".join([*system, told]).strip(), ""),))


def _is(form: re.Pattern[str], line: str) -> bool:
    return len(line) <= _LONGEST_LABEL and form.fullmatch(line) is not None


def _template(text: str, variable: str, contexts: Sequence[str]) -> str:
    for name in contexts:
        text = put(text, name, SEE)
    text = put(text, variable, "{{ prompt }}").strip()
    return "" if text == "{{ prompt }}" else text


def add_variants(draft: SuiteDraft, wording: Wording | None, providers: Sequence[Provider]) -> None:
    """Put prompts and providers into a draft: the first as the assistant itself, the others as variants."""
    wordings = _wordings(draft, wording)
    models = _models(draft, providers)
    if wordings and models:
        first = providers[0]
        named = {_name(first.label, models): _variant(first), **models}
        draft.matrix = {"wording": wordings, "provider": named}
    else:
        draft.variants = {**wordings, **models}


def _wordings(draft: SuiteDraft, wording: Wording | None) -> dict[str, dict[str, Any]]:
    if wording is None:
        return {}
    alone = next((one for one in wording.prompts if not one[2]), None)
    instructions = (alone or wording.prompts[0])[1]
    if instructions:
        draft.assistant.setdefault("instructions", instructions)
    if len(wording.prompts) == 1 and instructions:
        draft.note("what stood around the question in the prompt is told to the assistant: see its instructions")
    if alone is None:
        draft.note(f"the variant `{DEFAULT_VARIANT}` asks the question itself; each prompt is a variant of its own")
    variants: dict[str, dict[str, Any]] = {}
    for number, one in enumerate(wording.prompts, start=1):
        label, told, template = one
        if one == alone:
            continue
        changes = {**({"instructions": told} if told != instructions else {})}
        changes |= {"prompt_template": template} if template else {}
        variants[_name(label or f"prompt-{number}", variants)] = changes
    return variants


def _models(draft: SuiteDraft, providers: Sequence[Provider]) -> dict[str, dict[str, Any]]:
    for provider in providers[:1]:
        draft.assistant.update(provider.assistant)
        if provider.target:
            draft.note("the first provider speaks the Responses API: run with --harness-target responses")
    variants: dict[str, dict[str, Any]] = {}
    for provider in providers[1:]:
        if "id" in provider.assistant:
            draft.leave(f"provider {provider.label}", "an assistant that exists is no variant: make it a suite")
        else:
            variants[_name(provider.label, variants)] = _variant(provider)
            kept = sorted(set(providers[0].assistant) - set(provider.assistant) - {"id"})
            if kept:
                draft.note(f"the variant of {provider.label} keeps the first provider's {', '.join(kept)}")
    return variants


def _variant(provider: Provider) -> dict[str, Any]:
    return {**provider.assistant, **({"target": provider.target} if provider.target else {})}


def _name(label: str, taken: Any) -> str:
    # `openai:gpt-4o` is called by its model.
    name = slug(label.rpartition(":")[2]) or slug(label) or "variant"
    name = f"v-{name}" if TRIAL.fullmatch(name) or name == DEFAULT_VARIANT else name
    return unique(name, taken)
