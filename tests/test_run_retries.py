"""Faults over real HTTP: what is tried again, what is looked for first, and what is told of it."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from faulty_support import HASTY, Drive, Faulty, faulty_server
from planned_support import planned

from harness.cassettes.file import read_cassette, same_content
from harness.cassettes.texts import Texts
from harness.model.plan import Planned
from harness.model.suite import Case, CaseTurn, TargetName
from harness.model.transcript import Attempt, Transcript
from harness.run.limits import Limits
from harness.run.retries import PatientTransport, retry_after_s
from harness.targets.assistants import drive as assistants_drive
from harness.targets.patience import Patience
from harness.targets.responses import drive as responses_drive

RUNS, RESPONSES, ANY = "POST /threads/*/runs", "POST /responses", "* /**"
TURNS = (CaseTurn(prompt="One?"), CaseTurn(prompt="Two?", expect="answer"))


@pytest.fixture(scope="module")
def server() -> Iterator[Faulty]:
    with faulty_server() as faulty:
        yield faulty


def slow(target: TargetName = "assistants", *, turns: bool = False) -> Planned:
    one = planned(target=target, sources=(), assistant={"model": "slow", "tools": (), "instructions": "Answer."})
    return replace(one, case=Case(id="talk", turns=TURNS)) if turns else one


def making(target: TargetName) -> str:
    return RUNS if target == "assistants" else RESPONSES


both = pytest.mark.parametrize("target", ["assistants", "responses"])


def test_a_case_takes_two_requests_and_a_turn_one_more(server: Faulty) -> None:
    assert [line.split("/")[-1] for line in server.drive(slow()).requests] == ["threads", "runs"]

    talk = server.drive(slow(turns=True))
    assert len(talk.requests) == 3
    assert [turn.prompt for turn in talk.transcript.turns] == ["One?", "Two?"]
    assert talk.texts == [["Done."], ["Done."]]


@both
@pytest.mark.parametrize("last", [1, 2])
@pytest.mark.parametrize(
    ("rule", "runs"),
    [
        ({"status": 429, "retry_after": 0.01}, 2),
        ({"status": 503, "retry_after": 0.01}, 2),
        ({"status": 500}, 2),
        ({"reset": "before"}, 2),
        ({"reset": "after"}, 1),
        ({"cut": {"events": 0}}, 1),
        ({"cut": {"events": 1}}, 1),
        ({"cut": {"events": 3}}, 1),
        ({"cut": {"bytes": 200}}, 1),
    ],
)
def test_a_run_whose_answer_is_lost_is_found_or_made_again(
    server: Faulty, target: TargetName, last: int, rule: dict[str, Any], runs: int
) -> None:
    drive = server.drive(slow(target, turns=last == 2), {"route": making(target), "nth": last, **rule})

    assert drive.error is None
    assert [turn.attempts[-1].text for turn in drive.transcript.turns] == ["Done."] * last
    assert [[attempt.text for attempt in turn.attempts] for turn in drive.recorded.turns] == [["Done."]] * last
    assert [turn.prompt for turn in drive.recorded.turns] == [turn.prompt for turn in drive.transcript.turns]
    assert all(turn.prompt for turn in drive.transcript.turns)
    if target == "assistants":
        assert drive.count("POST", "/runs") == last - 1 + runs
        assert ("thread", "") not in drive.remembered


def test_a_run_is_looked_for_even_if_it_may_not_be_made_again(server: Faulty) -> None:
    drive = server.drive(slow(), {"route": RUNS, "reset": "after"}, patience=Patience(retries=0))

    assert (drive.error, drive.texts, drive.count("POST", "/runs")) == (None, [["Done."]], 1)


@pytest.mark.parametrize(
    "rule", [{"reset": "after"}, {"cut": {"bytes": 3}}, {"cut": {"events": 1}}, {"reset": "before"}, {"status": 500}]
)
def test_a_lost_response_may_have_been_paid_twice_and_is_told(server: Faulty, rule: dict[str, Any]) -> None:
    drive = server.drive(slow("responses"), {"route": RESPONSES, "nth": 1, **rule})

    assert [turn.attempts[-1].text for turn in drive.transcript.turns] == ["Done."]
    # Cut after its first event its id is known, and it is asked for.
    assert drive.remembered.count(("response", "")) == (0 if rule == {"cut": {"events": 1}} else 1)


@pytest.mark.parametrize("rule", [{"status": 500}, {"reset": "before"}, {"reset": "after"}, {"cut": {"bytes": 5}}])
def test_a_lost_thread_is_made_again_and_counted(server: Faulty, rule: dict[str, Any]) -> None:
    drive = server.drive(slow(), {"route": "POST /threads", "first": 2, **rule})

    assert [made for kind, made in drive.remembered if not made] == ["", ""]
    assert len([made for kind, made in drive.remembered if made]) == 1
    assert drive.texts == [["Done."]]


@pytest.mark.parametrize("rule", [{"status": 429}, {"status": 503, "retry_after": 0.002}])
def test_what_was_refused_is_not_counted_as_lost(server: Faulty, rule: dict[str, Any]) -> None:
    drive = server.drive(slow(), {"route": ANY, "first": 3, **rule})

    assert (drive.error, drive.texts) == (None, [["Done."]])
    assert "" not in [made for _, made in drive.remembered]


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("assistants", {"run_status": "failed", "last_error": "server_error"}),
        ("assistants", {"run_status": "failed", "last_error": "rate_limit_exceeded"}),
        ("assistants", {"run_status": "expired"}),
        ("responses", {"run_status": "failed", "last_error": "server_error"}),
        ("responses", {"run_status": "failed", "last_error": "rate_limit_exceeded"}),
    ],
)
@pytest.mark.parametrize("nth", [1, 2])
def test_a_run_that_failed_in_passing_is_tried_again(
    server: Faulty, target: TargetName, rule: dict[str, Any], nth: int
) -> None:
    drive = server.drive(slow(target, turns=True), {"route": making(target), "nth": nth, **rule})

    assert drive.error is None
    attempts = [len(turn.attempts) for turn in drive.transcript.turns]
    assert attempts == ([2, 1] if nth == 1 else [1, 2])
    assert drive.transcript.turns[nth - 1].attempts[0].status == rule["run_status"]
    assert drive.transcript.failure is None
    # The recording is that of a run without trouble.
    assert [(turn.prompt, len(turn.attempts)) for turn in drive.recorded.turns] == [("One?", 1), ("Two?", 1)]
    assert drive.recorded.failure is None


@pytest.mark.parametrize("is_passing", [assistants_drive._is_passing, responses_drive._is_passing])
@pytest.mark.parametrize("details", [None, {}, {"reason": "content_filter"}])
def test_what_would_end_the_same_way_is_not_tried_again(
    is_passing: Callable[[dict[str, Any]], bool], details: dict[str, str] | None
) -> None:
    assert not is_passing({"status": "incomplete", "incomplete_details": details})


@both
def test_a_run_that_fails_for_ever_is_an_error_with_its_reason(server: Faulty, target: TargetName) -> None:
    rule = {"route": making(target), "run_status": "failed", "last_error": "rate_limit_exceeded"}

    drive = server.drive(slow(target), rule)

    assert len(drive.transcript.turns[0].attempts) == HASTY.retries + 1
    assert drive.transcript.failure is not None
    assert drive.transcript.failure.kind == "run_failed"
    assert "rate_limit_exceeded" in drive.transcript.failure.message


@pytest.mark.parametrize("route", [ANY, "POST /threads", RUNS])
def test_retries_come_to_an_end(server: Faulty, route: str) -> None:
    drive = server.drive(slow(), {"route": route, "status": 500}, patience=Patience(retries=2, first_s=0.001))

    assert "answered 500" in str(drive.error)
    assert drive.count("POST", "/runs") <= 3


@pytest.mark.parametrize("rule", [{"status": 400}, {"status": 401}, {"status": 404}])
def test_what_is_wrong_is_not_tried_again(server: Faulty, rule: dict[str, Any]) -> None:
    drive = server.drive(slow(), {"route": ANY, **rule})

    assert drive.error is not None
    assert len(drive.requests) == 1


def test_many_faults_at_once_leave_one_good_run(server: Faulty) -> None:
    rules = (
        {"route": ANY, "rate": 0.2, "status": 429, "retry_after": 0.002},
        {"route": ANY, "rate": 0.1, "status": 500},
        {"route": ANY, "rate": 0.05, "reset": "after"},
        {"route": RUNS, "rate": 0.2, "cut": {"events": 4}},
    )
    drives: list[Drive] = [server.drive(slow(turns=True), *rules) for _ in range(3)]

    assert [drive.texts for drive in drives if drive.error is None].count([["Done."], ["Done."]]) >= 2


@both
@pytest.mark.parametrize("streaming", ["ignored", "refused"])
def test_a_server_that_does_not_stream_comes_to_the_same_transcript(
    server: Faulty, target: TargetName, streaming: Any
) -> None:
    streamed = server.drive(slow(target, turns=True))
    polled = server.drive(slow(target, turns=True), streaming=streaming)

    assert polled.error is None
    assert polled.texts == [["Done."], ["Done."]]
    assert untimed(polled.transcript) == untimed(streamed.transcript)
    assert len(polled.requests) > len(streamed.requests) or target == "responses"


def untimed(transcript: Transcript) -> list[list[Attempt]]:
    return [[replace(one, timing=None) for one in turn.attempts] for turn in transcript.turns]


@pytest.mark.slow
@both
def test_a_recording_is_the_same_whatever_went_wrong(
    server: Faulty, target: TargetName, project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL", "first-hit")
    args = ("cases", "-k", "loan", f"--harness-endpoint={server.url}", f"--harness-target={target}")
    server.fail()
    project.runpytest(*args).assert_outcomes(passed=1)
    (path,) = project.path.glob("cassettes/library/**/*.yaml")
    texts = Texts(project.path / "cassettes" / "_setup")
    clean = read_cassette(path, texts.all(), "clean").interactions

    server.fail(
        {"route": making(target), "nth": 2, "run_status": "failed", "last_error": "server_error"},
        {"route": making(target), "nth": 1, "reset": "before"},
        {"route": "POST /threads", "nth": 1, "reset": "after"},
        {"route": ANY, "every": 5, "status": 429},
    )
    result = project.runpytest(*args, "--harness-record=all")

    result.assert_outcomes(passed=1)
    lost = "1 thread;" if target == "assistants" else "1 response;"
    result.stdout.fnmatch_lines([f"possibly left behind*: {lost}*"])
    texts = Texts(project.path / "cassettes" / "_setup")
    assert same_content(read_cassette(path, texts.all(), "faulty").interactions, clean)
    project.runpytest(*args, "--harness-record=none").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("headers", "wanted_s"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Mon, 23 Nov 2026 08:00:07 GMT"}, 7.0),
        ({"retry-after": "Mon, 23 Nov 2026 07:00:00 GMT"}, 0.0),
        ({"retry-after": "-4"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_a_pause_is_read_in_every_form(headers: dict[str, str], wanted_s: float | None) -> None:
    now = datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC)

    assert retry_after_s(httpx2.Headers(headers), now) == wanted_s


class Told(httpx2.AsyncBaseTransport):
    """Answers by a list of statuses, with headers; the last for ever."""

    def __init__(self, *answers: tuple[int, dict[str, str]]) -> None:
        self.answers = list(answers)
        self.at_s: list[float] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.at_s.append(asyncio.get_running_loop().time())
        status, headers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(b"{}"), request=request)


def asked(told: Told, method: str = "POST", most_s: float = 60) -> int:
    async def ask() -> int:
        transport = PatientTransport(told, Patience(retries=2, first_s=0.0), Limits(4), most_s)
        response = await transport.handle_async_request(httpx2.Request(method, "http://test/x"))
        return response.status_code

    return asyncio.run(ask())


def test_the_pause_a_server_asks_for_is_kept() -> None:
    told = Told((429, {"retry-after-ms": "60"}), (200, {}))

    assert asked(told) == 200
    assert told.at_s[1] - told.at_s[0] >= 0.06


def test_a_pause_longer_than_a_case_may_take_is_not_waited_for() -> None:
    told = Told((429, {"retry-after": "3600"}))

    assert asked(told) == 429
    assert len(told.at_s) == 1


@pytest.mark.parametrize(("method", "times"), [("GET", 3), ("DELETE", 3), ("POST", 1)])
def test_only_what_may_be_sent_twice_is_sent_again_after_a_failure(method: str, times: int) -> None:
    told = Told((500, {}))

    assert asked(told, method) == 500
    assert len(told.at_s) == times


def test_pauses_are_drawn_below_a_limit_that_doubles() -> None:
    patience = Patience(first_s=0.5, longest_s=3.0)

    for tried, most_s in ((1, 0.5), (2, 1.0), (3, 2.0), (4, 3.0), (4000, 3.0)):
        drawn = [patience.pause_s(tried) for _ in range(50)]
        assert 0 <= min(drawn) < max(drawn) <= most_s
    assert 2.0 <= patience.pause_s(1, 2.0) <= 2.5


def test_room_falls_by_half_once_for_a_crowd_of_refusals_and_comes_back() -> None:
    limits = Limits(16)
    era = limits.era

    for _ in range(5):
        limits.refused(era)
    assert limits.allowed == 8
    limits.refused(limits.era)
    assert limits.allowed == 4
    for _ in range(40):
        limits.answered()
    assert limits.allowed == 16
    for _ in range(40):
        limits.refused(limits.era)
    assert limits.allowed == 1


def test_room_is_given_in_order_and_never_twice() -> None:
    async def crowd() -> tuple[int, list[int]]:
        limits, most, going, order = Limits(3), 0, 0, list[int]()

        async def one(number: int) -> None:
            nonlocal most, going
            async with limits.room():
                order.append(number)
                going += 1
                most = max(most, going)
                await asyncio.sleep(0.001)
                going -= 1

        tasks = [asyncio.create_task(one(number)) for number in range(12)]
        await asyncio.sleep(0)
        tasks[5].cancel()
        limits.refused(limits.era)
        for task in tasks[:5]:
            await task
        limits.answered()
        await asyncio.gather(*tasks, return_exceptions=True)
        return most, order

    most, order = asyncio.run(crowd())
    assert most == 3
    assert order == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
