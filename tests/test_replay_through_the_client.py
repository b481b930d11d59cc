"""The openai client, driven over a recording, sees what the transcript was read from: both ways must agree."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import SUITE, write

from harness.casefile import find_suites, load_suite
from harness.cassettes.canonical import BASE
from harness.cassettes.identity import assistant_id, file_names, store_id
from harness.cassettes.interaction import Interaction, exchanges
from harness.cassettes.library import Library
from harness.cassettes.transport import CassetteTransport
from harness.config import Config, Endpoint, Flags, load_config
from harness.errors import CassetteStale, EndpointError
from harness.model.plan import Handles, Planned
from harness.model.transcript import Attempt, Transcript, Turn
from harness.plan import plan
from harness.run.client import make_client
from harness.targets.functions import Functions
from harness.targets.known import TARGETS
from harness.targets.maker import Maker

TOOLS = "  tools: [file_search, {function: get_price, description: The price of an item., output: {price: 3}}]\n"
CALL = "  - {id: price, prompt: What is the price of an item?, expected_calls: [{function: get_price}]}\n"
CALLING = SUITE.replace("refusal:", f"{TOOLS}refusal:") + CALL
ROOT = Path(__file__).parents[1]
NOWHERE = Endpoint(name="replay", base_url=BASE, source="test")


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(ROOT, {})


@pytest.fixture(scope="module")
def cases(config: Config) -> list[tuple[Planned, tuple[Interaction, ...]]]:
    """The committed cases with their recordings."""
    library = Library(ROOT, config.project.cassettes, "none")
    suites = [load_suite(path, config.project, {}) for path in find_suites(config.project)]
    found = []
    for planned in plan(suites, config):
        cassette = library.replay(planned)
        assert cassette is not None
        found.append((planned, cassette.interactions))
    return found


def driven(planned: Planned, recorded: Sequence[Interaction]) -> Transcript:
    """Drive a case over a recording, and read the transcript from what the client saw."""
    seen = CassetteTransport(CassetteTransport(recorded=recorded))
    target = TARGETS[planned.target]
    handles = (
        Handles(assistant_id=assistant_id(planned))
        if target.has_assistants
        else Handles(store_id=store_id(planned.sources))
    )

    async def drive() -> None:
        async with make_client(NOWHERE, BASE, seen) as client:
            maker = Maker(client=client, remember=lambda _kind, _id: None)
            await target.drive(maker, planned, handles, Functions(planned, ROOT))

    asyncio.run(drive())
    return target.read(exchanges(seen.interactions), file_names(planned))


def untimed(transcript: Transcript) -> Transcript:
    def attempts(turn: Turn) -> tuple[Attempt, ...]:
        return tuple(replace(one, timing=None) for one in turn.attempts)

    return replace(transcript, turns=tuple(replace(turn, attempts=attempts(turn)) for turn in transcript.turns))


@pytest.mark.slow
def test_every_committed_case_reads_the_same_both_ways(
    cases: list[tuple[Planned, tuple[Interaction, ...]]],
) -> None:
    assert len(cases) >= 40
    for planned, recorded in cases:
        read = TARGETS[planned.target].read(exchanges(recorded), file_names(planned))

        assert untimed(driven(planned, recorded)) == untimed(read), planned.node


@pytest.mark.slow
def test_what_the_newer_protocol_says_reads_the_same_both_ways(project: pytest.Pytester) -> None:
    write(project.path / "cases" / "library.yaml", CALLING)
    project.runpytest("cases", "--harness-target=responses").assert_outcomes(passed=3)
    library = Library(project.path, project.path / "cassettes", "none")
    config = load_config(project.path, {}, Flags(target="responses"))
    suite = load_suite(project.path / "cases" / "library.yaml", config.project, {})

    for planned in plan([suite], config):
        cassette = library.replay(planned)
        assert cassette is not None
        read = TARGETS["responses"].read(exchanges(cassette.interactions), file_names(planned))

        assert read.turns
        assert untimed(driven(planned, cassette.interactions)) == untimed(read), planned.node


def test_a_request_that_was_not_recorded_is_refused(
    cases: list[tuple[Planned, tuple[Interaction, ...]]],
) -> None:
    planned, recorded = cases[0]
    other = replace(planned, case=replace(planned.case, turns=(), prompt="Something else?", expect="answer"))

    with pytest.raises((CassetteStale, EndpointError), match="no \\(further\\) answer to POST /v1/threads"):
        driven(other, recorded)
