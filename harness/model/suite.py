"""A suite as its author writes it: documents, an assistant, variants, cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from harness.model.facts import FORM, Fact

if TYPE_CHECKING:  # annotations only: the model is imported where pydantic is not needed
    from pydantic_core import CoreSchema

Expectation: TypeAlias = Literal["answer", "refuse"]
"""What a turn should get: an answer from the documents, or the admission that they do not hold it."""
Tool: TypeAlias = Literal["file_search"]
"""Tools that an assistant under test may be given."""

DEFAULT_VARIANT = "default"
"""The name of the configuration that the suite's `assistant` block itself describes."""


class TextOrFile:
    """Text that YAML may give in place, or as `{file: path}` relative to the suite."""

    @staticmethod
    def __get_pydantic_json_schema__(schema: "CoreSchema", handler: Any) -> dict[str, Any]:
        path = {"type": "string", "description": "A text file, relative to the suite."}
        file = {"type": "object", "properties": {"file": path}, "required": ["file"], "additionalProperties": False}
        return {"anyOf": [handler(schema), file]}


LongText: TypeAlias = Annotated[str, TextOrFile]
"""Text, in place or from a file."""
Share: TypeAlias = float
"""A number in [0, 1]."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CoStarParts:
    """The six parts of a CO-STAR prompt."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    context: LongText
    """What the model should know first."""
    objective: LongText
    """What it should do."""
    style: LongText
    """How it should write."""
    tone: LongText
    """With which attitude."""
    audience: LongText
    """For whom."""
    response: LongText
    """In which form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CoStar:
    """A prompt in the CO-STAR form (context, objective, style, tone, audience, response)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    costar: CoStarParts
    """Its parts."""

    def __str__(self) -> str:
        names = ("context", "objective", "style", "tone", "audience", "response")
        blocks = (f"# {name.upper()} #\n{getattr(self.costar, name).strip()}" for name in names)
        return "\n\n".join(blocks)


Prompt: TypeAlias = LongText | CoStar
"""What the user says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseTurn:
    """One prompt of a conversation and what its answer should be."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    prompt: Prompt
    """What the user says."""
    expect: Expectation | None = None
    """`answer` or `refuse`; None: `answer` where facts or citations are demanded, else the turn is only context."""
    expected_facts: tuple[Fact, ...] = ()
    """What the answer must say (and, by `not`, must not)."""
    cites: tuple[str, ...] = ()
    """Documents that the answer must cite."""
    min_groundedness: Share | None = None
    """Groundedness below this is `ungrounded`; None takes the case's, the suite's or the shipped default."""

    def __post_init__(self) -> None:
        if self.expect == "refuse" and (self.expected_facts or self.cites):
            raise ValueError("a turn that expects a refusal can't demand facts or citations")
        _check_share(self.min_groundedness)

    @property
    def expectation(self) -> Expectation | None:
        """What is expected of the answer; None for a turn that only sets the scene."""
        return self.expect or ("answer" if self.expected_facts or self.cites else None)

    @property
    def text(self) -> str:
        """The prompt as it is sent."""
        return str(self.prompt)


@dataclass(frozen=True, kw_only=True, slots=True)
class Xfail:
    """A failure that is known and expected; strict: a pass is then a failure."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    reason: str
    """Why the case is expected to fail."""
    model: str | None = None
    """Only with this model; None: with any."""
    variant: str | None = None
    """Only in this variant; None: in any."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A prompt or a conversation over documents, and what should come of it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    id: str
    """Unique in its suite; letters, digits, `-`, `_` and `.`."""
    prompt: Prompt | None = None
    """What the user says; for several turns use `turns`."""
    turns: tuple[CaseTurn, ...] = ()
    """A conversation; the first failing turn's outcome is the case's."""
    expect: Expectation | None = None
    """`answer` (the default) or `refuse`."""
    expected_facts: tuple[Fact, ...] = ()
    """What the answer must say (and, by `not`, must not)."""
    cites: tuple[str, ...] = ()
    """Documents that the answer must cite."""
    min_groundedness: Share | None = None
    """Groundedness below this is `ungrounded`; None takes the suite's or the shipped default."""
    documents: tuple[str, ...] | None = None
    """Other documents than the suite's, below the fixtures folder."""
    tags: tuple[str, ...] = ()
    """pytest marks, for `-m`."""
    skip: str | None = None
    """Why the case is not run."""
    xfail: Xfail | None = None
    """Why the case is expected to fail."""
    for_each: str | None = None
    """A CSV file relative to the suite: one case a row, with `{{ column }}` filled in everywhere."""

    def __post_init__(self) -> None:
        if (self.prompt is None) == (not self.turns):
            raise ValueError("a case has either `prompt` or `turns`")
        if self.turns and (self.expect or self.expected_facts or self.cites):
            raise ValueError("a case with `turns` states what it expects in them")
        if self.turns and all(turn.expectation is None for turn in self.turns):
            raise ValueError("no turn expects anything: add `expect` or `expected_facts` to one")
        _check_share(self.min_groundedness)
        _ = self.conversation  # a single prompt's expectations are checked as a turn's

    @property
    def conversation(self) -> tuple[CaseTurn, ...]:
        """The turns; a case with one prompt has one."""
        if self.prompt is None:
            return self.turns
        return (
            CaseTurn(
                prompt=self.prompt,
                expect=self.expect or "answer",
                expected_facts=self.expected_facts,
                cites=self.cites,
                min_groundedness=self.min_groundedness,
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Assistant:
    """The assistant under test."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    id: str | None = None
    """An assistant that exists (`asst_...`): it is used as it is and never changed or deleted."""
    name: str | None = None
    """Its name on the server; None: a name made from the suite's."""
    model: str | None = None
    """The model; None takes MODEL from the environment or the configured default."""
    instructions: LongText = ""
    """What it is told once, at creation."""
    run_instructions: LongText = ""
    """What each run is told instead: the protocol lets it replace `instructions`."""
    additional_run_instructions: LongText = ""
    """What each run is told on top of `instructions`."""
    tools: tuple[Tool, ...] = ("file_search",)
    """Its tools."""
    temperature: float | None = None
    """Sampling temperature in [0, 2]; None leaves it to the server."""
    top_p: float | None = None
    """Nucleus sampling in [0, 1]; None leaves it to the server."""
    max_num_results: int | None = None
    """How many search results file_search may return, 1 to 50; None leaves it to the server."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """What a named configuration changes of the suite's assistant. What is left out stays."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    model: str | None = None
    """Another model."""
    instructions: LongText | None = None
    """Other instructions; an empty text takes them away."""
    run_instructions: LongText | None = None
    """Instructions that replace the assistant's in each run; an empty text takes them away."""
    additional_run_instructions: LongText | None = None
    """Instructions added in each run; an empty text takes them away."""
    tools: tuple[Tool, ...] | None = None
    """Other tools."""
    temperature: float | None = None
    """Another sampling temperature."""
    top_p: float | None = None
    """Another nucleus."""
    max_num_results: int | None = None
    """Another number of search results."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """One YAML file below the cases folder."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    documents: tuple[str, ...] = ()
    """Files below the fixtures folder."""
    assistant: Assistant = field(default_factory=Assistant)
    """The assistant under test; it is the variant `default`."""
    vector_store: str | None = None
    """A vector store that exists (`vs_...`): it is searched, never changed or deleted, and nothing is uploaded."""
    refusal: LongText | None = None
    """The sentence with which this assistant should refuse."""
    min_groundedness: Share | None = None
    """Groundedness below this is `ungrounded`; None takes the shipped default."""
    variants: Mapping[str, Variant] = field(default_factory=dict)
    """Other configurations, by name."""
    tags: tuple[str, ...] = ()
    """pytest marks of every case."""
    cases: tuple[Case, ...]
    """At least one."""

    def __post_init__(self) -> None:
        if not self.cases:
            raise ValueError("a suite has at least one case")
        if DEFAULT_VARIANT in self.variants:
            raise ValueError(f"`{DEFAULT_VARIANT}` is the name of the `assistant` block itself")
        _check_share(self.min_groundedness)


def _check_share(value: float | None) -> None:
    if value is not None and not 0 <= value <= 1:
        raise ValueError(f"min_groundedness is a number from 0 to 1, not {value:g}")
