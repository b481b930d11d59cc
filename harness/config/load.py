"""Put all settings together. What wins over what is decided here and in `endpoint`, nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

from harness.config.budget import Budget, budget_of
from harness.config.endpoint import Endpoint, resolve_endpoint
from harness.config.environment import read_dotenv, secrets
from harness.config.gate import Gate, gate_of
from harness.config.judge import JudgeSettings, judge_of
from harness.config.prices import Prices, read_prices
from harness.config.project import Project, Table, option, project_of, read_table
from harness.config.spelling import did_you_mean
from harness.errors import ConfigError
from harness.model.suite import DEFAULT_VARIANT, TargetName

RecordMode: TypeAlias = Literal["none", "once", "new_episodes", "all"]
"""What happens to cassettes: whole ones are replayed, or recorded."""

BUILT_IN_MODEL = "extractive"
"""The embedded server's model where none is named."""

_YES = {"1", "true", "yes", "on"}
_NO = {"", "0", "false", "no", "off"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Flags:
    """What the command line says; None where it says nothing."""

    endpoint: str | None = None
    record: str | None = None
    variants: tuple[str, ...] = ()
    """Patterns; each may hold several, with commas between."""
    model: str | None = None
    concurrency: int | None = None
    keep: bool | None = None
    judge: bool | None = None
    target: str | None = None
    trials: int | None = None
    baseline: str | None = None
    gate: bool | None = None
    max_tokens: str | None = None
    max_cost: str | None = None
    max_duration: str | None = None
    dry_run: bool | None = None
    resume: str | None = None
    reuse_uploads: bool | None = None
    requests_per_minute: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """All settings of a run."""

    project: Project
    endpoint: Endpoint
    target: TargetName
    """The protocol that cases are run through where their variant names none."""
    demanded_target: TargetName | None
    """From the flag or HARNESS_TARGET: it wins over a variant's own."""
    trials: int
    """How often each case is run in each variant."""
    record: RecordMode
    record_is_explicit: bool
    """Whether a flag or HARNESS_RECORD chose the mode: only then does anything go to a paid endpoint."""
    variants: tuple[str, ...]
    """Patterns of the variants to run."""
    demanded_model: str | None
    """From the flag or HARNESS_MODEL: it wins over a suite's own."""
    default_model: str | None
    """For an assistant that names no model; None where nothing does."""
    concurrency: int
    """How many cases may run at once."""
    requests_per_minute: int | None
    """How many requests may be sent in a minute; None: as many as the runs send."""
    max_retries: int
    """How often a request or a run is tried again."""
    keep: bool
    """Whether remote objects are left in place."""
    resume: str | None
    """The run to go on with, as the user calls it; None: a new one."""
    reuses_uploads: bool
    """Whether uploaded documents and vector stores are kept for later runs."""
    min_groundedness: float | None
    """The project's threshold; None: the shipped one."""
    baseline: str | None
    """The baseline that results are held against; None for none."""
    gate: Gate
    """What a run must come to."""
    is_gated: bool
    """Whether the gate decides about the exit code."""
    prices: Prices
    """What tokens cost."""
    budget: Budget
    """What runs may come to."""
    is_dry: bool
    """Whether it is only said what would be done."""
    judge: JudgeSettings | None
    """The model that judges beside our own scorer; None where none is asked for."""
    scrubbers: tuple[str, ...]
    """What cleans recordings besides our own rules, as `package.module:name`."""
    environ: Mapping[str, str] = field(repr=False)
    """The environment with what `.env` adds: what `${NAME}` in a suite means."""
    secrets: frozenset[str] = field(repr=False)
    """Values that must never be written."""

    @property
    def may_record(self) -> bool:
        """Whether runs are recorded: towards a server that is not on this machine only where the user said so."""
        return self.endpoint.is_loopback or self.record_is_explicit

    def target_for(self, own: TargetName | None) -> TargetName:
        """Return the protocol for a variant that names `own`."""
        return self.demanded_target or own or self.target

    def model_for(self, own: str | None, *, where: str) -> str:
        """Return the model for an assistant whose suite names `own`.

        Raises:
            ConfigError: Nothing names one.
        """
        model = self.demanded_model or own or self.default_model
        if model is None:
            raise ConfigError(
                f"no model is named, and {self.endpoint.name} has no default one",
                where=where,
                hint="name one in the suite (`assistant.model`), by --harness-model, MODEL or pyproject.toml",
            )
        return model


def load_config(root: Path, environ: Mapping[str, str], flags: Flags | None = None) -> Config:
    """Read pyproject.toml and `.env` of a project and put them together with the environment and flags.

    Args:
        root: The folder of pyproject.toml.
        environ: The process's environment; it wins over `.env`.
        flags: They win over everything.

    Raises:
        ConfigError: A value that cannot be used, and where it stands.
    """
    flags = flags or Flags()
    table = read_table(root)
    dotenv = read_dotenv(root)
    merged = {**dotenv, **environ}
    endpoint = resolve_endpoint(flags.endpoint, merged, table, root)
    record, record_is_explicit = _record(flags, merged, table)
    judge = judge_of(table, merged, root) if _is_judging(flags, merged) else None
    keys = {one.api_key for one in (endpoint, judge.endpoint if judge else None) if one is not None and one.api_key}
    built_in = BUILT_IN_MODEL if endpoint.is_embedded else None
    baseline = (flags.baseline or merged.get("HARNESS_BASELINE") or "").strip() or None
    return Config(
        project=project_of(root, table),
        endpoint=endpoint,
        target=_target(table.target, option("target")) or ("responses" if endpoint.is_hosted else "assistants"),
        demanded_target=_target(flags.target, "--harness-target")
        or _target(merged.get("HARNESS_TARGET"), "HARNESS_TARGET"),
        trials=_trials(flags, merged, table),
        record=record,
        record_is_explicit=record_is_explicit,
        variants=_variants(flags, merged),
        demanded_model=flags.model or (merged.get("HARNESS_MODEL") or "").strip() or None,
        default_model=merged.get("MODEL") or table.model or built_in,
        concurrency=_concurrency(flags, merged, table),
        requests_per_minute=_requests_per_minute(flags, merged, table),
        max_retries=table.max_retries,
        keep=_is_on("HARNESS_KEEP", merged) if flags.keep is None else flags.keep,
        resume=(flags.resume or merged.get("HARNESS_RESUME") or "").strip() or None,
        reuses_uploads=_reuses_uploads(flags, merged, table),
        min_groundedness=table.min_groundedness,
        baseline=baseline,
        gate=gate_of(table),
        is_gated=baseline is not None or (_is_on("HARNESS_GATE", merged) if flags.gate is None else flags.gate),
        prices=read_prices(table, root),
        budget=budget_of(flags.max_tokens, flags.max_cost, flags.max_duration, merged),
        is_dry=_is_on("HARNESS_DRY_RUN", merged) if flags.dry_run is None else flags.dry_run,
        judge=judge,
        scrubbers=tuple(table.scrubbers),
        environ=merged,
        secrets=secrets(dotenv, environ) | keys,
    )


def _reuses_uploads(flags: Flags, environ: Mapping[str, str], table: Table) -> bool:
    if flags.reuse_uploads is not None:
        return flags.reuse_uploads
    return _is_on("HARNESS_REUSE_UPLOADS", environ) if environ.get("HARNESS_REUSE_UPLOADS") else table.reuse_uploads


def _is_judging(flags: Flags, environ: Mapping[str, str]) -> bool:
    # Off unless asked for: a judge costs money, and its verdicts differ from run to run until they are recorded.
    return _is_on("HARNESS_JUDGE", environ) if flags.judge is None else flags.judge


def _record(flags: Flags, environ: Mapping[str, str], table: Table) -> tuple[RecordMode, bool]:
    if flags.record:
        return _record_mode(flags.record, "--harness-record"), True
    if mode := environ.get("HARNESS_RECORD"):
        return _record_mode(mode, "HARNESS_RECORD"), True
    if environ.get("CI", "").strip().lower() not in _NO:
        return "none", False
    return _record_mode(table.record or "once", option("record")), False


def _record_mode(mode: str, where: str) -> RecordMode:
    known = get_args(RecordMode)
    if mode not in known:
        raise ConfigError(
            f"found {mode!r}, which is no recording mode{did_you_mean(mode, known)}",
            where=where,
            hint=f"allowed: {', '.join(known)}",
        )
    return cast("RecordMode", mode)


def _variants(flags: Flags, environ: Mapping[str, str]) -> tuple[str, ...]:
    texts = flags.variants or (environ.get("HARNESS_VARIANT", ""),)
    patterns = (pattern.strip() for text in texts for pattern in text.split(","))
    return tuple(dict.fromkeys(pattern for pattern in patterns if pattern)) or (DEFAULT_VARIANT,)


def _concurrency(flags: Flags, environ: Mapping[str, str], table: Table) -> int:
    if flags.concurrency is not None:
        return _whole(str(flags.concurrency), "--harness-concurrency")
    if text := environ.get("HARNESS_CONCURRENCY"):
        return _whole(text, "HARNESS_CONCURRENCY")
    return table.concurrency


def _requests_per_minute(flags: Flags, environ: Mapping[str, str], table: Table) -> int | None:
    if flags.requests_per_minute is not None:
        return _whole(str(flags.requests_per_minute), "--harness-requests-per-minute", 10_000_000)
    if text := environ.get("HARNESS_REQUESTS_PER_MINUTE"):
        return _whole(text, "HARNESS_REQUESTS_PER_MINUTE", 10_000_000)
    return table.requests_per_minute


def _trials(flags: Flags, environ: Mapping[str, str], table: Table) -> int:
    if flags.trials is not None:
        return _whole(str(flags.trials), "--harness-trials")
    if text := environ.get("HARNESS_TRIALS"):
        return _whole(text, "HARNESS_TRIALS")
    return table.trials


def _target(name: str | None, where: str) -> TargetName | None:
    known = get_args(TargetName)
    if name is None or not name.strip():
        return None
    if name not in known:
        raise ConfigError(
            f"found {name!r}, which is no target{did_you_mean(name, known)}",
            where=where,
            hint=f"allowed: {', '.join(known)}",
        )
    return cast("TargetName", name)


def _whole(text: str, where: str, below: int = 10_000) -> int:
    if not (text.strip().isascii() and text.strip().isdigit() and 0 < int(text) < below):
        raise ConfigError(f"found {text!r}, wanted is a whole number from 1 to {below - 1:,}", where=where)
    return int(text)


def _is_on(name: str, environ: Mapping[str, str]) -> bool:
    value = environ.get(name, "").strip().lower()
    if value not in _YES | _NO:
        raise ConfigError(f"found {value!r}, wanted is 1 or 0", where=name)
    return value in _YES
