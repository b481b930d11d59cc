"""So many requests a minute: evenly spread, over all that go on at once."""

import asyncio
from pathlib import Path

import pytest
from conftest import write
from fault_server import fault_server

from harness.cli.app import app
from harness.config import Flags, load_config
from harness.errors import ConfigError
from harness.run.limits import Limits


def test_requests_are_spread_evenly_over_all_runs() -> None:
    async def turns() -> list[float]:
        limits, clock = Limits(50, per_minute=6_000), asyncio.get_running_loop().time
        began_s = clock()

        async def one() -> float:
            await limits.turn()
            return clock() - began_s

        return await asyncio.gather(*(one() for _ in range(20)))

    taken_s = asyncio.run(turns())

    assert all(one >= number * 0.01 - 0.005 for number, one in enumerate(taken_s))


@pytest.mark.parametrize(("runs", "per_minute", "most"), [(8, None, 8), (8, 600, 8), (50, 60, 10), (50, 3, 1)])
def test_no_more_runs_go_on_at_once_than_get_their_turns(runs: int, per_minute: int | None, most: int) -> None:
    assert Limits(runs, per_minute).allowed == most


@pytest.mark.usefixtures("project")
def test_the_command_keeps_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    with fault_server() as server:
        options = [f"--harness-endpoint={server.url}", "--harness-requests-per-minute=2400", "-q"]
        app(["run", *options], standalone_mode=False)
        requests = sum(not line.startswith("MADE") for line in server.requests)

    said = capsys.readouterr().out
    took_s = float(said.rpartition(" in ")[2].split()[0])
    assert requests > 8
    assert took_s >= (requests - 4) * 0.025  # of those that clean up in the end none waits for long


@pytest.mark.parametrize(
    ("table", "environ", "flag", "wanted"),
    [
        ("", {}, None, None),
        ("requests_per_minute = 500", {}, None, 500),
        ("requests_per_minute = 500", {"HARNESS_REQUESTS_PER_MINUTE": "60000"}, None, 60_000),
        ("requests_per_minute = 500", {"HARNESS_REQUESTS_PER_MINUTE": "60000"}, 7, 7),
    ],
)
def test_flag_wins_over_environment_over_project(
    tmp_path: Path, table: str, environ: dict[str, str], flag: int | None, wanted: int | None
) -> None:
    write(tmp_path / "pyproject.toml", f"[tool.harness]\n{table}\n")

    config = load_config(tmp_path, environ, Flags(requests_per_minute=flag))

    assert config.requests_per_minute == wanted


def test_what_is_no_rate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="HARNESS_REQUESTS_PER_MINUTE: found 'many', wanted is a whole number from 1"):
        load_config(tmp_path, {"HARNESS_REQUESTS_PER_MINUTE": "many"})
