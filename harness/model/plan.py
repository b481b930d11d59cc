"""What is to be run: a case in a variant, once or several times, through a target."""

from dataclasses import dataclass, replace

from harness.model.suite import DEFAULT_VARIANT, Assistant, Case, CaseTurn, TargetName


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A document as the runner needs it: named, hashed, not yet read as text."""

    path: str
    """Below the fixtures folder, with forward slashes."""
    sha256: str
    """Of its bytes, in hexadecimal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """One run to be made: what is asked, of what, with which configuration."""

    suite: str
    """Path of the suite relative to the project, for example `cases/products.yaml`."""
    line: int
    """Line of the case in its suite, from 1."""
    case: Case
    variant: str
    trial: int
    """From 1."""
    target: TargetName
    assistant: Assistant
    """The suite's assistant with the variant's changes; `model` is filled in unless it exists on the server."""
    vector_store: str | None
    """A vector store that exists; None: one is made from `sources`."""
    sources: tuple[Source, ...]
    """The documents, in the order of the suite."""
    refusal: str | None
    """The sentence with which the assistant should refuse."""
    min_groundedness: float
    """In force where a turn names none."""
    scorers: tuple[str, ...] = ()
    """The suite's own scorers, as it names them."""
    tags: tuple[str, ...] = ()
    prompt_template: str | None = None
    """The variant's template, as it was written; None: it has none."""
    prompts: tuple[str, ...] = ()
    """The prompts as the variant's template makes them, one a turn; empty: the case's own are sent."""

    @property
    def asked(self) -> tuple[str, ...]:
        """The prompts as they are sent, one a turn."""
        return self.prompts or tuple(turn.text for turn in self.case.conversation)

    @property
    def conversation(self) -> tuple[CaseTurn, ...]:
        """The case's turns, with the prompts as they are sent."""
        turns = self.case.conversation
        if not self.prompts:
            return turns
        return tuple(replace(turn, prompt=prompt) for turn, prompt in zip(turns, self.prompts, strict=True))

    @property
    def name(self) -> str:
        """The case's name within its suite, as pytest shows it: `case`, `case[variant]`, `case[variant-t2]`."""
        trial = f"t{self.trial}" if self.trial > 1 else ""
        variant = self.variant if self.variant != DEFAULT_VARIANT else ""
        bracket = "-".join(part for part in (variant, trial) if part)
        return f"{self.case.id}[{bracket}]" if bracket else self.case.id

    @property
    def node(self) -> str:
        """The pytest node id."""
        return f"{self.suite}::{self.name}"

    @property
    def model(self) -> str | None:
        """The model asked for; None where an existing assistant names its own."""
        return self.assistant.model

    @property
    def model_name(self) -> str:
        """What answers, in a word: the model, or what exists on the server and names its own."""
        hosted = self.assistant.prompt.id if self.assistant.prompt is not None else ""
        return self.model or self.assistant.id or hosted

    @property
    def is_expected_failure(self) -> bool:
        """Whether the case says that it fails in this configuration."""
        xfail = self.case.xfail
        if xfail is None:
            return False
        is_model = xfail.model is None or xfail.model == self.model
        return is_model and (xfail.variant is None or xfail.variant == self.variant)


@dataclass(frozen=True, kw_only=True, slots=True)
class Handles:
    """Ids of the remote objects that a run works with."""

    assistant_id: str | None = None
    """The assistant; None where the protocol has none."""
    store_id: str | None = None
    """A vector store to hand to the conversation; None where the assistant itself holds it, or there is none."""
