"""A suite as its author writes it: documents, an assistant, variants, cases."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from harness.model.facts import FORM, Fact
from harness.model.prompt import LongText, Prompt

if TYPE_CHECKING:  # annotations only: the model is imported where pydantic is not needed
    from pydantic_core import CoreSchema

TargetName: TypeAlias = Literal["assistants", "responses"]
"""The protocol a case is run through."""

Expectation: TypeAlias = Literal["answer", "refuse"]
"""What a turn should get: an answer from the documents, or the admission that they do not hold it."""

DEFAULT_VARIANT = "default"
"""The name of the configuration that the suite's `assistant` block itself describes."""
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
"""A case's or variant's name: it stands in pytest's node ids and in the paths of recordings."""
TAG = re.compile(r"(?!(?:and|or|not)$)[A-Za-z][A-Za-z0-9_.-]*")
"""A tag: pytest's `-m` must be able to read it."""
TRIAL = re.compile(r"(.*-)?t[0-9]+")
"""What a trial's name looks like in `case[variant-t2]`; no variant may look so."""


class ToolForm:
    """The name of a tool, or its name before 2024."""

    @staticmethod
    def __get_pydantic_core_schema__(source: object, handler: Any) -> "CoreSchema":
        from pydantic_core import core_schema

        def rename(value: object) -> object:
            return "file_search" if value == "retrieval" else value

        return core_schema.no_info_before_validator_function(rename, handler(source))

    @staticmethod
    def __get_pydantic_json_schema__(_schema: "CoreSchema", _handler: Any) -> dict[str, Any]:
        return {"enum": ["file_search", "retrieval"], "description": "`retrieval` is the old name of `file_search`."}


Tool: TypeAlias = Annotated[Literal["file_search"], ToolForm]
"""Tools that an assistant under test may be given."""


Share: TypeAlias = float
"""A number in [0, 1]."""


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
        if not self.text.strip():
            raise ValueError("`prompt` is empty")
        _check_range("min_groundedness", self.min_groundedness, 0, 1)

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

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("`reason` is empty: say why the case is expected to fail")


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
        if not NAME.fullmatch(self.id):
            raise ValueError(f"`id` is {self.id!r}: up to 100 letters, digits, `-`, `_` and `.` are allowed")
        _check_tags(self.tags)
        if self.skip is not None and not self.skip.strip():
            raise ValueError("`skip` is empty: say why the case is not run")
        if (self.prompt is None) == (not self.turns):
            raise ValueError("a case has either `prompt` or `turns`")
        if self.turns and (self.expect or self.expected_facts or self.cites):
            raise ValueError("a case with `turns` states what it expects in them")
        if self.turns and all(turn.expectation is None for turn in self.turns):
            raise ValueError("no turn expects anything: add `expect` or `expected_facts` to one")
        _check_range("min_groundedness", self.min_groundedness, 0, 1)
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

    def __post_init__(self) -> None:
        _check_sampling(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """What a named configuration changes of the suite's assistant. What is left out stays."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    model: str | None = None
    """Another model."""
    target: TargetName | None = None
    """Another protocol: `assistants` or `responses`."""
    prompt_template: LongText | None = None
    """A jinja2 template (sandboxed) that each prompt is put through: `{{ prompt }}`, `{{ case.id }}`, `{{ turn }}`."""
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

    def __post_init__(self) -> None:
        _check_sampling(self)


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
    scorers: tuple[str, ...] = ()
    """Scorers of your own: `package.module:name`, or the name that an installed package gives one."""
    tags: tuple[str, ...] = ()
    """pytest marks of every case."""
    cases: tuple[Case, ...]
    """At least one."""

    def __post_init__(self) -> None:
        if not self.cases:
            raise ValueError("a suite has at least one case")
        for name in self.variants:
            if name == DEFAULT_VARIANT:
                raise ValueError(
                    f"`{DEFAULT_VARIANT}` is the name of the `assistant` block itself: name the variant else"
                )
            if not NAME.fullmatch(name) or TRIAL.fullmatch(name):
                raise ValueError(
                    f"the variant {name!r} can't be named so: letters, digits, `-`, `_` and `.` are allowed, "
                    "and nothing that ends like a trial (`t2`)"
                )
        _check_tags(self.tags)
        _check_range("min_groundedness", self.min_groundedness, 0, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadedSuite:
    """A suite and where it stands."""

    suite: Suite
    path: str
    """The file, relative to the project, with forward slashes."""
    lines: Mapping[str, int]
    """Line of each case, from 1, by the case's id."""
    document_lines: Mapping[str, int]
    """Line where a document is first named, from 1, by the document's path."""


def _check_sampling(settings: Assistant | Variant) -> None:
    _check_range("temperature", settings.temperature, 0, 2)
    _check_range("top_p", settings.top_p, 0, 1)
    _check_range("max_num_results", settings.max_num_results, 1, 50)


def _check_range(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise ValueError(f"`{name}` is a number from {low:g} to {high:g}, not {value:g}")


def _check_tags(tags: tuple[str, ...]) -> None:
    for tag in tags:
        if not TAG.fullmatch(tag):
            raise ValueError(f"the tag {tag!r} is no pytest mark: a letter, then letters, digits, `-`, `_` and `.`")
