"""A suite as its author writes it: documents, an assistant, variants, cases."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from harness.model.facts import FORM, Fact
from harness.model.prompt import HostedPrompt, LongText, Prompt
from harness.model.tools import ExpectedCall, FunctionOutput, FunctionTool, Tool, ToolChoice
from harness.model.variants import (
    DEFAULT_VARIANT,
    NAME,
    Matrix,
    TargetName,
    Variant,
    check_range,
    check_settings,
    check_variant_names,
)

__all__ = [
    "DEFAULT_VARIANT",
    "Assistant",
    "Case",
    "CaseTurn",
    "Expectation",
    "LoadedSuite",
    "Matrix",
    "Suite",
    "TargetName",
    "Variant",
    "Xfail",
]

Expectation: TypeAlias = Literal["answer", "refuse"]
"""What a turn should get: an answer from the documents, or the admission that they do not hold it."""

TAG = re.compile(r"(?!(?:and|or|not)$)[A-Za-z][A-Za-z0-9_.-]*")
"""A tag: pytest's `-m` must be able to read it."""

Share: TypeAlias = float
"""A number in [0, 1]."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseTurn:
    """One prompt of a conversation and what its answer should be."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    prompt: Prompt
    """What the user says."""
    expect: Expectation | None = None
    """`answer` or `refuse`; None: `answer` where the turn demands anything of its answer, else it is only context."""
    expected_facts: tuple[Fact, ...] = ()
    """What the answer must say (and, by `not`, must not)."""
    cites: tuple[str, ...] = ()
    """Documents that the answer must cite."""
    expected_calls: tuple[ExpectedCall, ...] | None = None
    """Function calls that must happen, in any order; an empty list: none may."""
    min_groundedness: Share | None = None
    """Groundedness below this is `ungrounded`; None takes the case's, the suite's or the shipped default."""

    def __post_init__(self) -> None:
        if self.expect == "refuse" and self._demands:
            raise ValueError("a turn that expects a refusal can't demand facts, citations or calls")
        if not self.text.strip():
            raise ValueError("`prompt` is empty")
        check_range("min_groundedness", self.min_groundedness, 0, 1)

    @property
    def expectation(self) -> Expectation | None:
        """What is expected of the answer; None for a turn that only sets the scene."""
        return self.expect or ("answer" if self._demands else None)

    @property
    def _demands(self) -> bool:
        return bool(self.expected_facts or self.cites) or self.expected_calls is not None

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
    expected_calls: tuple[ExpectedCall, ...] | None = None
    """Function calls that must happen, in any order; an empty list: none may."""
    min_groundedness: Share | None = None
    """Groundedness below this is `ungrounded`; None takes the suite's or the shipped default."""
    documents: tuple[str, ...] | None = None
    """Other documents than the suite's, below the fixtures folder."""
    functions: Mapping[str, FunctionOutput] = field(default_factory=dict)
    """What functions return in this case, by their names; the others return what `tools` says."""
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
        if self.turns and (self.expect or self.expected_facts or self.cites or self.expected_calls is not None):
            raise ValueError("a case with `turns` states what it expects in them")
        if self.turns and all(turn.expectation is None for turn in self.turns):
            raise ValueError("no turn expects anything: add `expect` or `expected_facts` to one")
        check_range("min_groundedness", self.min_groundedness, 0, 1)
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
                expected_calls=self.expected_calls,
                min_groundedness=self.min_groundedness,
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Assistant:
    """The assistant under test."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    id: str | None = None
    """An assistant that exists (`asst_...`): it is used as it is and never changed or deleted."""
    prompt: HostedPrompt | None = None
    """A prompt that exists on the server (`pmpt_...`); with the target `responses` only."""
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
    """Its tools; of an assistant or a prompt that exists only the functions count: they say what is handed back."""
    tool_choice: ToolChoice | None = None
    """Which tool it must use first; None leaves it to the server, which leaves it to the model."""
    parallel_tool_calls: bool | None = None
    """Whether it may call several functions at once; None leaves it to the server."""
    linked_by: Literal["previous_response_id", "conversation"] | None = None
    """What holds turns together with the target `responses`; None: each names the response before it."""
    temperature: float | None = None
    """Sampling temperature in [0, 2]; None leaves it to the server."""
    top_p: float | None = None
    """Nucleus sampling in [0, 1]; None leaves it to the server."""
    max_num_results: int | None = None
    """How many search results file_search may return, 1 to 50; None leaves it to the server."""

    def __post_init__(self) -> None:
        if self.id is not None and self.prompt is not None:
            raise ValueError("an assistant is described by `id` or by `prompt`, not by both")
        check_settings(self)

    @property
    def tool_names(self) -> tuple[str, ...]:
        """The names of its tools, functions by theirs."""
        return tuple(tool if isinstance(tool, str) else tool.function for tool in self.tools)

    @property
    def functions(self) -> tuple[FunctionTool, ...]:
        """Its function tools."""
        return tuple(tool for tool in self.tools if isinstance(tool, FunctionTool))


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
    matrix: Matrix | None = None  # none once the suite is loaded: its combinations are then among the variants
    """Dimensions whose values are combined, each combination a variant."""
    scorers: tuple[str, ...] = ()
    """Scorers of your own: `package.module:name`, or the name that an installed package gives one."""
    tags: tuple[str, ...] = ()
    """pytest marks of every case."""
    cases: tuple[Case, ...]
    """At least one."""

    def __post_init__(self) -> None:
        if not self.cases:
            raise ValueError("a suite has at least one case")
        check_variant_names(self.variants)
        _check_tags(self.tags)
        check_range("min_groundedness", self.min_groundedness, 0, 1)


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
    variant_places: Mapping[str, str] = field(default_factory=dict)
    """Where each variant stands, as `file:line`, by its name."""


def _check_tags(tags: tuple[str, ...]) -> None:
    for tag in tags:
        if not TAG.fullmatch(tag):
            raise ValueError(f"the tag {tag!r} is no pytest mark: a letter, then letters, digits, `-`, `_` and `.`")
