"""What comparing needs of a row: small, and the same whether it comes from a run or from a committed baseline."""

from dataclasses import dataclass
from typing import TypeAlias

from harness.model.score import Behaviour, Outcome
from harness.model.suite import TargetName

CaseKey: TypeAlias = tuple[str, str]
"""What results are paired by: the suite's path and the case's id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeOf:
    """Everything that a result came of, each as a digest (16 hexadecimal digits): equal digests, equal things."""

    configuration: str
    """The assistant as configured: instructions, run instructions, requested model, tools, sampling, the variant's
    prompt template, target, an existing assistant's or store's id."""
    documents: str
    """Names and hashes of the documents."""
    case: str
    """Prompts as the case has them, expectations, facts, citations, refusal sentence, thresholds, own scorers."""
    scorer: str
    """Name and version of the scorer."""
    server: str
    """The endpoint and the model that it reports to have answered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One case, variant and trial, as far as it can be compared without its texts."""

    suite: str
    """Path of the suite, for example `cases/products.yaml`."""
    case: str
    variant: str
    trial: int
    target: TargetName
    model: str | None
    """The model that was asked for."""
    outcome: Outcome
    behaviour: Behaviour
    is_xfail: bool
    """Whether the case itself says that it fails in this configuration."""
    answer: str
    """Digest of all answers of the case, as shown to the user; empty where there is none."""
    made_of: MadeOf
    groundedness: float | None = None
    """In [0, 1]; None where it does not apply."""
    facts_share: float | None = None
    """Share of the expected facts that are met, by weight, in [0, 1]; None without facts."""
    citation_precision: float | None = None
    citation_recall: float | None = None
    claims: int = 0
    supported_claims: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    duration_s: float | None = None
    """Seconds of all attempts together; None where not measured."""

    @property
    def key(self) -> CaseKey:
        """What it is paired by."""
        return self.suite, self.case

    @property
    def is_pass(self) -> bool | None:
        """Whether the assistant did what was expected; None for an error, which is neither."""
        return None if self.outcome is Outcome.ERROR else self.outcome.is_pass
