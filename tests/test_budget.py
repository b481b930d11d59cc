"""Budgets: what is started, what is left over, what is told; and dry runs, which say it beforehand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import SUITE, write
from fault_server import FaultServer, fault_server
from test_run_command import run

from harness.config import Budget, Prices
from harness.config.budget import budget_of
from harness.config.prices import Price
from harness.errors import BudgetReached, ConfigError
from harness.model.transcript import Attempt, Transcript, Turn, Usage
from harness.run.spending import Spending

USAGE = {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100}
PRICES = 'currency = "EUR"\n[models.m]\nprompt = 10000.0\ncompletion = 10000.0\n'
THREE = SUITE + "  - {id: fee, prompt: What does a late book cost?, expected_facts: ['28']}\n"


@pytest.fixture
def server(project: pytest.Pytester) -> Iterator[FaultServer]:
    write(project.path / "cases" / "library.yaml", THREE)
    with fault_server() as running:
        running.usage = USAGE
        yield running


def live(server: FaultServer, *args: str) -> Any:
    return run(f"--harness-endpoint={server.url}", "--harness-model=m", "--harness-concurrency=1", *args)


def used(tokens: int | None) -> Transcript:
    usage = None if tokens is None else Usage(prompt_tokens=tokens, completion_tokens=0)
    attempt = Attempt(status="completed", raw_status="completed", usage=usage)
    turns = (Turn(prompt="?", attempts=(attempt,)),)
    return Transcript(target="assistants", requested_model="m", reported_model="m", turns=turns)


@pytest.mark.parametrize(
    ("said", "budget"),
    [
        ((None, None, None), Budget()),
        (("12_000", None, None), Budget(tokens=12_000)),
        ((None, "2.50", None), Budget(cost=2.5)),
        ((None, None, "90"), Budget(duration_s=90)),
        ((None, None, "5m"), Budget(duration_s=300)),
        ((None, None, "1.5h"), Budget(duration_s=5400)),
    ],
)
def test_limits_are_read(said: tuple[str | None, str | None, str | None], budget: Budget) -> None:
    assert budget_of(*said, {}) == budget
    names = ("HARNESS_MAX_TOKENS", "HARNESS_MAX_COST", "HARNESS_MAX_DURATION")
    environ = {name: text for name, text in zip(names, said, strict=True) if text is not None}
    assert budget_of(None, None, None, environ) == budget


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HARNESS_MAX_TOKENS", "-1"),
        ("HARNESS_MAX_TOKENS", "1e3"),
        ("HARNESS_MAX_COST", "nan"),
        ("HARNESS_MAX_COST", "0"),
        ("HARNESS_MAX_DURATION", "0s"),
        ("HARNESS_MAX_DURATION", "5 weeks"),
    ],
)
def test_what_is_no_limit_is_refused(name: str, text: str) -> None:
    with pytest.raises(ConfigError) as error:
        budget_of(None, None, None, {name: text})
    assert error.value.where == name


def test_processes_share_what_they_spend(tmp_path: Path) -> None:
    one, other = (Spending(Budget(tokens=100), Prices(), tmp_path / "shared" / "spent.jsonl") for _ in range(2))
    one.admit()
    one.add("m", used(60))
    other.admit()
    other.add("m", used(60))

    with pytest.raises(BudgetReached, match="120 tokens are used, allowed are 100"):
        one.admit()


def test_what_has_no_price_costs_nothing(tmp_path: Path) -> None:
    prices = Prices(models={"m": Price(prompt=1_000_000, completion=0)})
    spending = Spending(Budget(cost=5), prices, tmp_path / "spent.jsonl")
    spending.admit()
    spending.add("unknown", used(1_000))
    spending.add("m", used(None))
    spending.admit()
    spending.add("m", used(5))

    with pytest.raises(BudgetReached, match="5 USD are spent, allowed are 5"):
        spending.admit()


def test_without_a_budget_nothing_is_noted(tmp_path: Path) -> None:
    spending = Spending(Budget(), Prices(), tmp_path / "spent.jsonl")
    spending.admit()
    spending.add("m", used(5))

    assert not (tmp_path / "spent.jsonl").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("--harness-max-tokens=150", "200 tokens are used, allowed are 150 (--harness-max-tokens)"),
        ("--harness-max-cost=1.5", "2 EUR are spent, allowed are 1.5 (--harness-max-cost)"),
    ],
)
def test_the_budget_ends_the_starting(
    project: pytest.Pytester, server: FaultServer, capsys: pytest.CaptureFixture[str], limit: str, reason: str
) -> None:
    write(project.path / "prices.toml", PRICES)
    write(project.path / "pyproject.toml", '[tool.harness]\nprices = "prices.toml"\n')

    assert live(server, limit, "--filter", "l*") == 1  # two cases: the limit is reached, nothing is left over
    assert "budget reached" not in capsys.readouterr().out

    assert live(server, limit, "--harness-record=all") == 1
    said = capsys.readouterr().out
    assert f"budget reached: 1 not begun; {reason}\n  not begun cases/library.yaml::fee\n" in said
    assert "cost: 2.0000 EUR\n" in said
    assert "1 not begun" in said
    assert server.left() == set()
    (folder,) = {path.parent for path in project.path.glob("results/*/manifest.json") if "fee" in path.read_text()}
    assert len((folder / "results.jsonl").read_text().splitlines()) == 2
    assert json.loads((folder / "manifest.json").read_text())["not_begun"] == ["cases/library.yaml::fee"]
    assert not (folder / "shared").exists()


@pytest.mark.slow
def test_time_is_counted_from_the_first_run(
    project: pytest.Pytester, server: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert live(server, "--harness-max-duration=0.01", "--filter", "loan") == 0
    assert live(server, "--harness-max-duration=0.01", "--filter", "fee", "--filter", "librarian") == 1

    assert "1 not begun; 0 s are past, allowed are 0.01 (--harness-max-duration)" in capsys.readouterr().out
    assert len(list(project.path.glob("cassettes/library/*"))) == 2


@pytest.mark.slow
def test_replays_are_free(server: FaultServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert live(server, "--filter", "loan", "--filter", "fee") == 0
    capsys.readouterr()

    assert live(server, "--filter", "loan", "--filter", "fee", "--harness-max-tokens=1") == 0
    assert "budget reached" not in capsys.readouterr().out


@pytest.mark.slow
def test_a_price_that_is_not_known_is_told(server: FaultServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert live(server, "--filter", "loan", "--harness-max-cost=1") == 0
    assert "cost: 0.0000 USD, and what no price is known of: m" in capsys.readouterr().out


@pytest.mark.slow
def test_tokens_that_are_not_counted_are_told(server: FaultServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.usage = None

    assert live(server, "--filter", "loan", "--harness-max-tokens=1") == 0
    assert "budget: 1 runs count nothing: the server told no tokens of them" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
def test_under_pytest_what_is_left_over_is_skipped(project: pytest.Pytester, server: FaultServer, workers: str) -> None:
    result = project.runpytest_subprocess(
        "cases", "-n", workers, f"--harness-endpoint={server.url}", "--harness-concurrency=1", "--harness-max-tokens=1"
    )

    left = 2 if workers == "0" else 1  # each worker has begun one before the other has told what it used
    outcomes = result.parseoutcomes()
    assert outcomes["skipped"] >= left
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["budget reached: * not begun; * tokens are used*", "  not begun cases/library.yaml::*"]
    )
    assert server.left() == set()


@pytest.mark.slow
def test_a_skipped_rest_makes_green_sessions_fail(project: pytest.Pytester, server: FaultServer) -> None:
    args = ("-k", "loan or fee", f"--harness-endpoint={server.url}", "--harness-concurrency=1")
    result = project.runpytest("cases", *args, "--harness-max-tokens=1", "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["SKIPPED * budget: 100 tokens are used, allowed are 1 (--harness-max-tokens)"])

    whole = project.runpytest("cases", *args)
    whole.assert_outcomes(passed=2)
    assert whole.ret == 0


@pytest.mark.slow
@pytest.mark.parametrize("front", ["run", "pytest"])
def test_a_dry_run_says_all_and_does_nothing(
    project: pytest.Pytester, server: FaultServer, capsys: pytest.CaptureFixture[str], front: str
) -> None:
    assert live(server, "--filter", "loan") == 0
    capsys.readouterr()
    server.requests.clear()
    before = sorted(path for path in project.path.rglob("*") if "results" in path.parts or "cassettes" in path.parts)
    options = [f"--harness-endpoint={server.url}", "--harness-model=m", "--harness-dry-run"]
    if front == "run":
        assert run(*options) == 0
        said = capsys.readouterr().out
    else:
        result = project.runpytest("cases", *options)
        assert result.ret == 0
        said = result.stdout.str()

    assert "3 runs chosen: 1 replayed, 2 made, 0 in error\n" in said
    assert f"made against {server.url}, recorded: 2 x m (assistants)\n" in said
    assert "  run cases/library.yaml::librarian\n  run cases/library.yaml::fee\n" in said
    assert "uploaded: 1 documents, 72 bytes\n  upload library.md (72 bytes)\n" in said
    assert "made for the session and deleted at the end: 1 vector stores, 1 assistants\n" in said
    assert "4 characters a token" in said
    assert "estimated cost: not known: no price of m" in said
    assert server.requests == []
    after = sorted(path for path in project.path.rglob("*") if "results" in path.parts or "cassettes" in path.parts)
    assert after == before


@pytest.mark.slow
def test_a_dry_run_knows_what_recordings_used(
    project: pytest.Pytester, server: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project.path / "prices.toml", PRICES)
    write(project.path / "pyproject.toml", '[tool.harness]\nprices = "prices.toml"\n')
    live(server)
    capsys.readouterr()

    assert live(server, "--harness-dry-run", "--harness-record=all", "--harness-max-tokens=250") == 0
    said = capsys.readouterr().out
    assert "estimated tokens: 270 prompt, 30 completion (3 of 3 by what recordings of the same case used)\n" in said
    assert "estimated cost: 3.0000 EUR\n" in said
    assert "that is more than --harness-max-tokens allows (250)" in said


def test_a_dry_run_tells_errors(project: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--harness-dry-run", "--harness-record=none") == 0
    said = capsys.readouterr().out
    assert "2 runs chosen: 0 replayed, 0 made, 2 in error\n" in said
    assert "error cases/library.yaml::loan: no recording, and mode `none` makes none\n" in said
    assert not (project.path / "results").exists()


def test_a_dry_run_needs_no_workers(project: pytest.Pytester) -> None:
    result = project.runpytest("cases", "-n", "2", "--harness-dry-run")

    assert result.ret == 4
    result.stderr.fnmatch_lines(["*a dry run has nothing for workers to do: leave out -n"])
