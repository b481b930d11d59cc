"""What a session would do, without doing it: nothing is sent, and nothing written."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.cassettes.identity import assistant_id, store_id
from harness.cassettes.library import Library
from harness.config import Config, check_target
from harness.errors import HarnessError
from harness.model.plan import Planned, Source
from harness.report.budget import cost_text
from harness.report.plain import plain, shortened
from harness.session.estimate import Estimate, estimate, searches, size
from harness.targets.known import TARGETS, check_assistant

MOST_LISTED = 20
"""Runs that would be made are listed up to this many, and so are errors."""


@dataclass(kw_only=True, slots=True)
class _Found:
    """What would become of the chosen runs."""

    replays: int = 0
    runs: list[Planned] = field(default_factory=list)
    errors: list[tuple[Planned, HarnessError]] = field(default_factory=list)


def dry_run_lines(planned: Sequence[Planned], config: Config) -> Iterator[str]:
    """Return what would be replayed, run, uploaded and recorded, and what it would cost, about."""
    library = Library(config.project.root, config.project.cassettes, config.record)
    found = _look(planned, library, config)
    yield f"{len(planned)} runs chosen: {found.replays} replayed, {len(found.runs)} made, {len(found.errors)} in error"
    if found.runs:
        yield from _made(found.runs, config)
        yield from _uploads(found.runs, config)
        yield from _usage(found.runs, library, config)
    for one, error in found.errors[:MOST_LISTED]:
        yield f"error {plain(one.node)}: {shortened(error.what, 160)}"
    if len(found.errors) > MOST_LISTED:
        yield f"and {len(found.errors) - MOST_LISTED} more errors"
    yield "dry run: nothing was sent, nothing was written"


def _look(planned: Sequence[Planned], library: Library, config: Config) -> _Found:
    found = _Found()
    for one in planned:
        try:
            check_assistant(one)
            if library.replay(one) is not None:
                found.replays += 1
                continue
            check_target(config.endpoint, one.target)
        except HarnessError as error:
            found.errors.append((one, error))
        else:
            found.runs.append(one)
    return found


def _made(runs: Sequence[Planned], config: Config) -> Iterator[str]:
    kept = "recorded" if config.may_record else "not recorded (say --harness-record)"
    models = Counter(f"{one.model_name} ({one.target})" for one in runs)
    told = ", ".join(f"{count} x {plain(model)}" for model, count in models.most_common())
    yield f"made against {plain(config.endpoint.name)}, {kept}: {told}"
    yield from (f"  run {plain(one.node)}" for one in runs[:MOST_LISTED])
    if len(runs) > MOST_LISTED:
        yield f"  and {len(runs) - MOST_LISTED} more"


def _uploads(runs: Sequence[Planned], config: Config) -> Iterator[str]:
    fresh = [one for one in runs if one.vector_store is None and searches(one)]
    sources = dict.fromkeys(source for one in fresh for source in one.sources)
    if sources:
        whole = sum(_size(source, config) for source in sources)
        yield f"uploaded: {len(sources)} documents, {whole:,} bytes"
        yield from (f"  upload {plain(one.path)} ({_size(one, config):,} bytes)" for one in list(sources)[:MOST_LISTED])
        if len(sources) > MOST_LISTED:
            yield f"  and {len(sources) - MOST_LISTED} more"
    stores = {store_id(one.sources) for one in fresh}
    assistants = {assistant_id(one) for one in runs if one.assistant.id is None and TARGETS[one.target].has_assistants}
    if stores or assistants:
        kept = "kept" if config.keep else "deleted at the end"
        yield f"made for the session and {kept}: {len(stores)} vector stores, {len(assistants)} assistants"


def _size(source: Source, config: Config) -> int:
    return size(config.project.fixtures / source.path)


def _usage(runs: Sequence[Planned], library: Library, config: Config) -> Iterator[str]:
    estimates = [(one, estimate(one, library, config.project.fixtures)) for one in runs]
    prompt = sum(guess.usage.prompt_tokens for _, guess in estimates)
    completion = sum(guess.usage.completion_tokens for _, guess in estimates)
    measured = sum(guess.is_measured for _, guess in estimates)
    yield f"estimated tokens: {prompt:,} prompt, {completion:,} completion ({_basis(measured, len(runs))})"
    yield f"estimated cost: {_cost(estimates, config)}"
    if config.budget.tokens is not None and prompt + completion > config.budget.tokens:
        yield f"that is more than --harness-max-tokens allows ({config.budget.tokens:,}): not all of it would be run"


def _basis(measured: int, runs: int) -> str:
    by_length = "4 characters a token, documents as far as a search returns them"
    if not measured:
        return by_length
    told = f"{measured} of {runs} by what recordings of the same case used"
    return told if measured == runs else f"{told}, the others by {by_length}"


def _cost(estimates: Sequence[tuple[Planned, Estimate]], config: Config) -> str:
    whole, unknown = 0.0, set[str]()
    for one, guess in estimates:
        cost = config.prices.cost(one.model, guess.usage.prompt_tokens, guess.usage.completion_tokens)
        whole += cost or 0.0
        if cost is None:
            unknown.add(one.model_name)
    if len(unknown) == len({one.model_name for one, _ in estimates}):
        return f"not known: no price of {', '.join(map(plain, sorted(unknown)))} (`prices` in [tool.harness])"
    return cost_text(whole, sorted(unknown), config.prices.currency)
