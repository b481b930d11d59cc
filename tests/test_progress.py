"""Progress: what is counted, and where it is shown."""

import io
import re
import sys
from collections.abc import Iterator

import pytest
from fault_server import FaultServer, fault_server
from planned_support import planned
from test_run_command import run

from harness.cli import screen
from harness.config import Prices
from harness.config.prices import Price
from harness.model.row import Row
from harness.model.transcript import Attempt, Origin, Provenance, Transcript, Turn, Usage
from harness.scoring import score_case
from harness.session.progress import Progress, duration


class Terminal(io.StringIO):
    """A standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as running:
        yield running


def row(tokens: int, origin: Origin) -> Row:
    usage = Usage(prompt_tokens=tokens, completion_tokens=0)
    attempt = Attempt(status="completed", raw_status="completed", usage=usage)
    turns = (Turn(prompt="?", attempts=(attempt,)),)
    came = Provenance(origin=origin)
    transcript = Transcript(target="assistants", requested_model=None, reported_model="m", turns=turns, provenance=came)
    one = planned()
    return Row(planned=one, transcript=transcript, score=score_case(one, transcript, {}, ()))


def test_ends_are_counted() -> None:
    prices = Prices(currency="EUR", models={"extractive": Price(prompt=1_000_000, completion=0)})
    seen = Progress(total=4, live=3, concurrency=2, prices=prices)
    seen.saw(row(7, "replayed"), is_live=False)  # a replay costs nothing
    assert (seen.done, seen.running, seen.tokens, seen.left_s) == (1, 2, 0, None)

    seen.saw(row(5, "recorded"), is_live=True)
    seen.saw(row(5, "live"), is_live=True)
    assert (seen.done, seen.running, seen.tokens, seen.cost) == (3, 1, 10, 10.0)
    assert seen.left_s == pytest.approx(seen.elapsed_s / 2, rel=0.1)
    assert seen.line.startswith("3 of 4 done, 1 running, 3 ")
    assert "10 tokens, 10.0000 EUR, 0:00, about 0:00 left" in seen.line

    seen.saw(None, is_live=True)
    assert "1 not begun" in seen.line
    assert seen.running == 0


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "0:00"), (65, "1:05"), (3723, "1:02:03")])
def test_durations_are_readable(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environ", "is_painted", "is_coloured"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_a_terminal_is_painted(
    project: pytest.Pytester,
    server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    *,
    is_painted: bool,
    is_coloured: bool,
) -> None:
    assert project.path.is_dir()
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    run(f"--harness-endpoint={server.url}", "--filter", "loan")

    said = terminal.getvalue()
    assert ("of 1 done" in said) is is_painted
    assert bool(re.search(r"\x1b\[[0-9;]+m", said)) is is_coloured


@pytest.mark.slow
@pytest.mark.parametrize(("args", "is_told"), [((), True), (("-q",), False)])
def test_elsewhere_lines_are_printed_unless_quiet(
    project: pytest.Pytester,
    server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    *,
    is_told: bool,
) -> None:
    assert project.path.is_dir()
    monkeypatch.setattr(screen, "EVERY_S", 0.005)
    run(f"--harness-endpoint={server.url}", "--filter", "loan", *args)

    said = capsys.readouterr()
    assert ("0 of 1 done, 1 running, 0:00\n" in said.err) is is_told
    assert "of 1 done" not in said.out


@pytest.mark.slow
def test_replays_show_no_progress(
    project: pytest.Pytester,
    server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert project.path.is_dir()
    run(f"--harness-endpoint={server.url}", "--filter", "loan", "-q")
    capsys.readouterr()
    monkeypatch.setattr(screen, "EVERY_S", 0.0001)
    run("--filter", "loan")

    assert capsys.readouterr().err == ""


@pytest.mark.slow
@pytest.mark.parametrize(("args", "is_told"), [((), True), (("-q",), False)])
def test_pytest_tells_that_it_waits(
    project: pytest.Pytester,
    server: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    args: tuple[str, ...],
    *,
    is_told: bool,
) -> None:
    monkeypatch.setattr("harness.pytest_plugin.waiting.EVERY_S", 0.005)
    result = project.runpytest("cases", "-k", "loan", f"--harness-endpoint={server.url}", *args)

    said = [
        line for line in result.outlines if line.startswith("live runs: 1 of 1 cases still run or wait; waited 0 s")
    ]
    assert bool(said) is is_told
