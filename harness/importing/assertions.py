"""promptfoo's assertions as what a case demands."""

import csv
import io
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from harness.importing.draft import Facts, NotCarried
from harness.importing.facts import regex_fact, wrong_fact
from harness.importing.reading import Beside
from harness.importing.templates import fill
from harness.model.promptfoo import NOT, PROMPTFOO, translated

JUDGE = "needs a model's judgement: write facts instead, a scorer of your own, or run with --harness-judge"
LIMIT = "is no check of one answer here: limit the whole run in [tool.harness.gate]"
CODE = "is code: write it as a scorer of your own (docs/scoring.md)"
FORM = "checks a form that no fact has: use a `regex`, or a scorer of your own"
SIMILAR = "measures likeness to a reference answer: state what must be in the answer as facts"
CALLS = "checks function calls: write `expected_calls` (docs/variants.md)"
GROUNDED = "groundedness in the documents is measured for every answer; state the reference answer's facts"
WHY: Mapping[str, str] = {
    **dict.fromkeys(("llm-rubric", "g-eval", "model-graded-closedqa", "model-graded-factuality"), JUDGE),
    **dict.fromkeys(("agent-rubric", "search-rubric", "research-rubric", "video-rubric", "pi", "classifier"), JUDGE),
    **dict.fromkeys(("answer-relevance", "conversation-relevance", "moderation", "guardrails"), JUDGE),
    **dict.fromkeys(("select-best", "max-score"), "chooses among answers: compare variants with `harness compare`"),
    **dict.fromkeys(("context-recall", "context-relevance"), "retrieval is measured for every answer, not demanded"),
    "factuality": GROUNDED,
    "latency": LIMIT + " (max_p95_duration_s)",
    "cost": LIMIT + " (max_cost)",
    **dict.fromkeys(("javascript", "python", "ruby", "webhook"), CODE),
    **dict.fromkeys(("is-html", "contains-html", "is-xml", "contains-xml", "is-sql", "contains-sql"), FORM),
    **dict.fromkeys(("similar", "levenshtein", "rouge-n", "rouge-l", "rouge-s", "bleu", "gleu", "meteor"), SIMILAR),
    **dict.fromkeys(("perplexity", "perplexity-score"), "needs the model's own probabilities"),
    **dict.fromkeys(("is-valid-function-call", "is-valid-openai-function-call", "is-valid-openai-tools-call"), CALLS),
    **dict.fromkeys(("tool-call-f1", "trajectory:tool-used", "trajectory:tool-args-match"), CALLS),
    "finish-reason": "how a run ended is told by its status; an answer that is cut off is an error",
}
"""Why an assertion has no equal, by its type."""
_TELLING = {"type", "value", "weight", "threshold"}
_CHANGING = ("transform", "contextTransform")
_CODE_FILES = (".js", ".cjs", ".mjs", ".ts", ".py", ".rb")
_TEXTS = {"contains", "icontains"}
_LISTS = {"contains-any", "icontains-any", "contains-all", "icontains-all"}
_NAME = re.compile(r"[^\W\d][\w-]*")
_LONGEST = 100
"""Characters that are told of the value of an assertion without an equal."""


@dataclass(kw_only=True, slots=True)
class Demand:
    """What a test demands of an answer."""

    facts: Facts = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    """Of each fact, as promptfoo counts it."""
    is_refusal: bool | None = None
    """Whether a refusal is demanded, or forbidden; None: neither is said."""
    min_groundedness: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Translator:
    """Turns a test's assertions into a demand."""

    values: Mapping[str, Any]
    """The test's variables."""
    beside: Beside
    leave: Callable[[str, str], None]
    """Takes what has no equal, and why."""

    def demand(self, assertions: list[Any], threshold: Any = None) -> Demand:
        """Return what assertions demand together.

        Args:
            assertions: As promptfoo has them.
            threshold: The share of them that must hold; None: all.
        """
        demand = Demand()
        for assertion in assertions:
            self._add(assertion, demand)
        if demand.is_refusal and demand.facts:
            self.leave("assertions beside is-refusal", "a refusal states no facts: they are not demanded")
            demand.facts = []
        if _is_share(threshold) and len(demand.facts) > 1:
            if _is_any(demand.weights, float(threshold)):
                demand.facts = [{"any_of": [_unweighted(fact) for fact in demand.facts]}]
            else:
                self.leave(f"threshold {threshold:g}", "here every fact must be met; put some of them into `any_of`")
        return demand

    def _add(self, assertion: Any, demand: Demand) -> None:
        if not isinstance(assertion, dict) or not isinstance(assertion.get("type"), str):
            self.leave("assertion", "has no `type`")
            return
        kind = assertion["type"]
        if kind == "assert-set":
            self._add_set(assertion, demand)
        elif assertion.get("weight") == 0:
            self.leave(kind, "its weight is 0: it was only measured")
        elif changing := next((key for key in _CHANGING if key in assertion), None):
            self.leave(kind, f"it checks what `{changing}` makes of the answer, not the answer")
        elif kind in {"is-refusal", "not-is-refusal"}:
            demand.is_refusal = kind == "is-refusal"
        elif kind == "context-faithfulness":
            self._add_faithfulness(assertion, demand)
        else:
            self._add_facts(kind, assertion, demand)
        others = set(assertion) - _TELLING - {*_CHANGING, "assert"}
        if others and kind.removeprefix(NOT) in PROMPTFOO:
            self.leave(f"{kind}: {', '.join(sorted(map(str, others)))}", "the setting has no equal here")

    def _add_set(self, assertion: dict[str, Any], demand: Demand) -> None:
        inner = assertion.get("assert")
        if not isinstance(inner, list):
            self.leave("assert-set", "has no `assert`")
            return
        within = self.demand(inner, assertion.get("threshold"))
        demand.facts += within.facts
        demand.weights += within.weights[: len(within.facts)]
        demand.is_refusal = demand.is_refusal if within.is_refusal is None else within.is_refusal
        demand.min_groundedness = within.min_groundedness or demand.min_groundedness

    def _add_faithfulness(self, assertion: dict[str, Any], demand: Demand) -> None:
        threshold = assertion.get("threshold")
        if isinstance(threshold, int | float) and 0 <= threshold <= 1:
            demand.min_groundedness = max(float(threshold), demand.min_groundedness or 0.0)
        # Without a threshold nothing need be said: groundedness is demanded of every answer.

    def _add_facts(self, kind: str, assertion: dict[str, Any], demand: Demand) -> None:
        try:
            facts = self._facts(kind, assertion)
        except ValueError as error:
            self.leave(self._told(kind, assertion.get("value")), str(error))
            return
        weight = assertion.get("weight")
        for fact in facts:
            spelled = fact
            if isinstance(weight, int | float) and weight > 0 and weight != 1:
                spelled = {**(fact if isinstance(fact, dict) else {"text": fact}), "weight": weight}
            wrong = wrong_fact(spelled)
            if wrong:
                self.leave(self._told(kind, assertion.get("value")), wrong)
                continue
            demand.facts.append(spelled)
            demand.weights.append(float(weight) if isinstance(weight, int | float) else 1.0)

    def _facts(self, kind: str, assertion: dict[str, Any]) -> Facts:
        """Return the facts of one assertion.

        Raises:
            ValueError: It has no equal; with the reason.
        """
        name = kind.removeprefix(NOT)
        if name not in PROMPTFOO and name != "word-count":
            raise ValueError(WHY.get(name, "is not known here"))
        value = self._value(assertion.get("value"))
        facts = self._word_count(value) if name == "word-count" else self._plain_facts(name, value)
        if not kind.startswith(NOT):
            return facts
        return [{"not": facts[0] if len(facts) == 1 else {"all_of": facts}}]

    def _plain_facts(self, name: str, value: Any) -> Facts:
        if name in {"is-json", "contains-json"}:
            return self._json(name, value)
        if name in _LISTS and isinstance(value, str):
            value = _listed(value)
        if name in _LISTS and isinstance(value, list):
            return [{"any_of" if name.endswith("any") else "all_of": [_text(item) for item in value]}]
        if isinstance(value, dict | list):
            raise NotCarried("its value is no text: use `json_path` facts for the places that matter")
        if value is None or not str(value).strip():
            raise ValueError("it has no value")
        if name in _TEXTS:
            return [_text(value)]
        return (
            [regex_fact(str(value))] if name == "regex" else [dict(translated({"type": name, "value": _text(value)}))]
        )

    def _json(self, name: str, value: Any) -> Facts:
        if not isinstance(value, dict):
            return [{"json_path": "$"}]
        required = value.get("required")
        names = [key for key in required if isinstance(key, str)] if isinstance(required, list) else []
        if set(value) - {"required", "type"}:
            self.leave(f"{name} with a JSON schema", "only the keys that it requires are looked for")
        return [{"json_path": _place(key)} for key in names if "'" not in key] or [{"json_path": "$"}]

    def _word_count(self, value: Any) -> Facts:
        if isinstance(value, dict) and isinstance(value.get("max"), int):
            if "min" in value:
                self.leave("word-count: min", "only a length that must not be exceeded can be demanded (max_words)")
            return [{"max_words": value["max"]}]
        raise ValueError("only a length that must not be exceeded can be demanded (max_words)")

    def _told(self, kind: str, value: Any) -> str:
        """Name an assertion and what it says: that must not be lost."""
        with suppress(ValueError):  # what cannot be filled in is told as it is written
            value = fill(value, self.values)[0] if isinstance(value, str) else value
        text = " ".join(str(value).split())
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        return kind if value is None else f"{kind} ({shown})"

    def _value(self, value: Any) -> Any:
        """Return an assertion's value: its variables filled in, its file read."""
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if not isinstance(value, str):
            return value
        text, missing = fill(value, self.values)
        if missing:
            raise ValueError(f"it uses `{missing[0]}`, which the test does not set")
        if not text.startswith("file://"):
            return text
        if text.partition("://")[2].partition(":")[0].lower().endswith(_CODE_FILES):
            raise ValueError(CODE)
        return self.beside.data(text) if text.endswith((".json", ".yaml", ".yml")) else self.beside.text(text).strip()


def _listed(text: str) -> list[str]:
    """Return items with commas between; one with a comma in it is quoted."""
    try:
        return [item for row in csv.reader(io.StringIO(text, newline=""), skipinitialspace=True) for item in row]
    except csv.Error as error:
        raise NotCarried(f"its list can't be read: {error}") from None


def _place(key: str) -> str:
    return f"$.{key}" if _NAME.fullmatch(key) else f"$['{key}']"


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _is_share(threshold: Any) -> bool:
    return isinstance(threshold, int | float) and not isinstance(threshold, bool) and threshold < 1


def _is_any(weights: list[float], threshold: float) -> bool:
    """Tell whether a threshold asks for any one of the facts: each alone reaches it."""
    return threshold > 0 and bool(weights) and min(weights) / sum(weights) >= threshold - 1e-9


def _unweighted(fact: Any) -> Any:
    return {key: item for key, item in fact.items() if key != "weight"} if isinstance(fact, dict) else fact
