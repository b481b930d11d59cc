"""A report beside a baseline, and with prices: what its data says."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import SUITE, harness, write
from report_support import ANSWER, attempt, row, run_of, score, texts_of, unpacked
from starlette.testclient import TestClient

from harness.cli.reference import baseline_name, reference_of
from harness.cli.report import write_report
from harness.cli.view import view_runs
from harness.config import Prices, find_prices, find_project
from harness.config.prices import Price
from harness.errors import ConfigError, ResultsError
from harness.model.row import Row
from harness.model.score import Outcome
from harness.model.transcript import Attempt
from harness.report.page import Reference, report_page
from harness.report.page.site import create_site
from harness.results import RunFolder, row_data
from harness.results.baseline import Baseline, baseline_of, write_baseline
from harness.results.standing import Standing

OLD, NEW = "2026-11-22T10-00-00-aaaa", "2026-11-23T10-00-00-bbbb"
OTHER = "You may keep a book for 14 days. Cats may borrow too."
PRICES = Prices(models={"extractive": Price(prompt=1.0, completion=2.0)})


def keep(results: Path, name: str, *rows: Row) -> RunFolder:
    folder = RunFolder(path=results / name)
    for one in rows:
        folder.append(row_data(one))
    return folder


@pytest.fixture
def reference(tmp_path: Path) -> Callable[..., Reference]:
    """Return what makes a baseline of rows."""

    def make(*rows: Row, is_gone: bool = True, has_run: bool = True) -> Reference:
        folder = keep(tmp_path, OLD, *rows)
        baseline = baseline_of(folder, "main")
        return Reference(
            baseline=baseline,
            run=folder if has_run else None,
            gone=lambda places: places if is_gone else (),
        )

    return make


def _shown(reference: Reference, *rows: Row) -> dict[str, Any]:
    return unpacked(report_page([run_of(*rows)], reference=reference, prices=PRICES))


def _column(chunks: dict[str, Any], name: str) -> Sequence[Any]:
    values = chunks["index"]["values"][name]
    return [values[code] for code in chunks["index"]["columns"][name]]


def test_each_row_has_its_standing_and_the_overview_counts_cases(reference: Callable[..., Reference]) -> None:
    failed = Outcome.UNGROUNDED
    base = reference(row(), row("fine"), row("bad", failed), row("said", said=attempt(OTHER)), row("gone"))
    now = [row(outcome=failed), row("fine"), row("bad"), row("said"), row("new", failed), row("odd", Outcome.ERROR)]
    chunks = _shown(base, *now)
    told = chunks["index"]["baseline"]

    assert _column(chunks, "standing") == ["broken", "same", "fixed", "changed", "new", "errored"]
    assert _column(chunks, "before")[2:5] == [[["ungrounded", 1]], [["grounded", 1]], []]
    assert told["runs"][0]["counts"] == {one.value: 1 for one in Standing}
    assert told["runs"][0]["worse"] == 2  # what is new and fails counts as broken, as in the gate
    assert told["gone"] == [["cases/library.yaml", "gone", "default", [["grounded", 1]]]]
    assert (told["name"], told["run"], told["isThere"]) == ("main", OLD, True)


def test_what_was_only_not_chosen_is_not_gone(reference: Callable[..., Reference]) -> None:
    told = _shown(reference(row(), row("other"), is_gone=False), row())["index"]["baseline"]

    assert (told["gone"], told["unseen"]) == ([], 1)
    assert told["runs"][0]["counts"] == {"same": 1}


def test_trials_count_together_and_each_is_shown_beside_its_like(reference: Callable[..., Reference]) -> None:
    base = reference(row(), row(trial=2, outcome=Outcome.UNGROUNDED, said=attempt(OTHER)))
    chunks = _shown(base, row(outcome=Outcome.UNGROUNDED), row(trial=2, outcome=Outcome.UNGROUNDED))

    assert _column(chunks, "standing") == ["broken", "broken"]
    assert [one["before"]["outcome"] for one in chunks["d0"]] == ["grounded", "ungrounded"]
    assert chunks["d0"][1]["before"]["trials"] == 2


def test_the_page_of_a_case_holds_what_it_was_before(reference: Callable[..., Reference]) -> None:
    chunks = _shown(reference(row(said=attempt(OTHER), judged=score(groundedness=0.25))), row())
    before = chunks["d0"][0]["before"]

    assert before == {
        "trial": 1,
        "outcome": "grounded",
        "behaviour": "answered",
        "groundedness": 0.25,
        "facts_share": 1.0,
        "now_facts_share": 1.0,
        "prompt_tokens": 900,
        "completion_tokens": 100,
        "seconds": 1.5,
        "trials": 1,
        "model": "extractive",
        "said": True,
        "cost": pytest.approx(0.0011),
        "answers": [OTHER],
    }


def test_an_answer_of_the_same_words_is_not_kept_twice(reference: Callable[..., Reference]) -> None:
    before = _shown(reference(row()), row())["d0"][0]["before"]

    assert before["same"]
    assert "answers" not in before


def test_without_the_baselines_run_its_answers_are_not_at_hand(reference: Callable[..., Reference]) -> None:
    chunks = _shown(reference(row(said=attempt(OTHER)), has_run=False), row())

    assert chunks["index"]["baseline"]["isThere"] is False
    assert chunks["d0"][0]["before"].keys().isdisjoint({"answers", "same"})


def test_an_answer_that_the_baseline_does_not_hold_is_not_taken_for_its_own(
    tmp_path: Path, reference: Callable[..., Reference]
) -> None:
    base = reference(row(said=attempt(OTHER)))
    (tmp_path / OLD / "results.jsonl").unlink()
    keep(tmp_path, OLD, row(said=attempt("Others say 99 days.")))  # the run was made again under the same name

    chunks = _shown(base, row())

    assert "answers" not in chunks["d0"][0]["before"]
    assert "Others say 99 days." not in str(chunks)


@pytest.mark.parametrize("spoiled", ["[]\n{}\n", '{"planned": 1}\n\n', "\ufffd\n1\n"])
def test_a_spoiled_run_of_the_baseline_is_as_good_as_gone(
    tmp_path: Path, reference: Callable[..., Reference], spoiled: str
) -> None:
    base = reference(row(said=attempt(OTHER)))
    (tmp_path / OLD / "results.jsonl").write_text(spoiled, encoding="utf-8")

    assert _shown(base, row())["index"]["baseline"]["isThere"] is False


def test_each_of_several_runs_is_held_against_the_baseline(reference: Callable[..., Reference]) -> None:
    runs = [run_of(row(), name="one"), run_of(row(outcome=Outcome.UNGROUNDED), row("other"), name="two")]
    chunks = unpacked(report_page(runs, reference=reference(row(), row("other"))))

    assert _column(chunks, "standing") == ["same", "broken", "same"]
    assert [one["counts"] for one in chunks["index"]["baseline"]["runs"]] == [{"same": 1}, {"broken": 1, "same": 1}]
    assert chunks["index"]["baseline"]["gone"] == []  # one of them holds it


def test_a_row_that_comes_while_the_run_is_read_has_no_standing(reference: Callable[..., Reference]) -> None:
    base, run = reference(row()), run_of(row())
    grown = type(run)(id=run.id, rows=lambda: iter([row(), row("late"), row(trial=2)]), records=run.records)
    chunks = unpacked(report_page([grown], reference=base))

    assert _column(chunks, "standing") == ["same", None, "same"]
    assert ["before" in one for one in chunks["d0"]] == [True, False, False]


def test_without_a_baseline_and_prices_a_report_has_no_trace_of_them() -> None:
    index = unpacked(report_page([run_of(row())]))["index"]

    assert (index["baseline"], index["prices"]) == (None, None)
    assert "standing" not in index["columns"]
    assert index["columns"]["cost"] == [None]


def test_rows_have_costs_and_what_has_no_price_is_named() -> None:
    uncounted = row("uncounted", said=_uncounted())
    rows = [row(), row(assistant={"model": "mystery"}), row("own", assistant={"model": None}), uncounted]
    index = unpacked(report_page([run_of(*rows)], prices=PRICES))["index"]

    assert index["columns"]["cost"] == [pytest.approx(0.0011), None, None, None]
    assert index["prices"] == {"currency": "USD", "unknown": ["mystery", "unknown"], "uncounted": 1}


def _uncounted() -> Attempt:
    return replace(attempt(), usage=None)


def _project(folder: Path, settings: str = "") -> Path:
    write(folder / "pyproject.toml", f"[tool.harness]\n{settings}")
    keep(folder / "results", OLD, row(said=attempt(OTHER)), row("gone"))
    write_baseline(baseline_of(RunFolder(path=folder / "results" / OLD), "main"), folder / "results")
    keep(folder / "results", NEW, row())
    return folder


def test_the_command_finds_the_baseline_and_the_run_it_was_set_from(tmp_path: Path) -> None:
    folder = _project(tmp_path, 'prices = "prices.toml"\n')
    write(folder / "prices.toml", 'currency = "EUR"\n[models."extr*"]\nprompt = 1\ncompletion = 2\n')
    write_report(["latest"], folder / "r.html", folder, "main")
    chunks = unpacked((folder / "r.html").read_bytes())

    assert chunks["index"]["baseline"]["isThere"]
    assert chunks["index"]["prices"]["currency"] == "EUR"
    assert OTHER in chunks["d0"][0]["before"]["answers"] or OTHER in texts_of(chunks)
    assert [one[1] for one in chunks["index"]["baseline"]["gone"]] == ["gone"]


def test_a_case_that_a_suite_still_has_is_not_gone(tmp_path: Path) -> None:
    folder = _project(tmp_path)
    write(folder / "fixtures/library.md", "Books: 28 days.\n")
    write(folder / "cases/library.yaml", SUITE.replace("id: loan", "id: gone", 1))
    reference = reference_of(find_project(folder), "main")
    places = [(("cases/library.yaml", name), "default") for name in ("gone", "loan")]

    assert list(reference.gone(places)) == [(("cases/library.yaml", "loan"), "default")]


@pytest.mark.parametrize("run", ["../outside", "/etc", "..", ".", "", "2026", "\x00", "baselines"])
def test_the_baselines_run_is_one_of_the_runs_and_never_a_path(tmp_path: Path, run: str) -> None:
    folder = _project(tmp_path / "project")
    keep(tmp_path, "outside", row())
    path = folder / "results" / "baselines" / "main.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"run": run}))

    assert reference_of(find_project(folder), "main").run is None


def test_the_baseline_is_the_option_or_the_variable_or_that_of_dotenv(tmp_path: Path) -> None:
    project = find_project(_project(tmp_path))
    assert baseline_name(project, None) is None
    write(tmp_path / ".env", "HARNESS_BASELINE=main\n")

    assert [baseline_name(project, said) for said in (None, "other", "", " ")] == ["main", "other", None, None]


def test_a_baseline_that_does_not_exist_is_said_before_anything_is_written(tmp_path: Path) -> None:
    folder = _project(tmp_path)
    with pytest.raises(ResultsError, match="no baseline 'mian'"):
        write_report(["latest"], folder / "r.html", folder, "mian")
    with pytest.raises(ResultsError, match="no baseline 'mian'"):
        view_runs(0, folder, print, "mian")

    assert not (folder / "r.html").exists()


def test_prices_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    folder = _project(tmp_path, 'prices = "nothing.toml"\n')
    with pytest.raises(ConfigError, match=r"nothing\.toml can't be read"):
        find_prices(folder)


def test_the_site_shows_the_baseline_as_it_is_now(tmp_path: Path) -> None:
    folder = _project(tmp_path)
    project = find_project(folder)
    client = TestClient(
        create_site(project.results, prices=PRICES, reference=lambda: reference_of(project, "main")),
        base_url="http://localhost",
    )
    first = unpacked(client.get("/report", params={"run": NEW}).content)
    write_baseline(baseline_of(RunFolder(path=project.results / NEW), "main"), project.results)
    second = unpacked(client.get("/report", params={"run": NEW}).content)
    write_baseline(Baseline(name="main", run="", at="", held=()), project.results)
    third = unpacked(client.get("/report", params={"run": NEW}).content)
    (project.results / "baselines" / "main.json").write_text("{")

    assert [_column(one, "standing") for one in (first, second, third)] == [["changed"], ["same"], ["new"]]
    assert first["index"]["prices"]["currency"] == "USD"
    assert client.get("/report", params={"run": NEW}).status_code == 422


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "variables"),
    [
        (["--baseline", "main", "--output", "mine.html"], {}),
        ([], {"HARNESS_BASELINE": "main", "HARNESS_REPORT_OUTPUT": "mine.html"}),
    ],
    ids=["options", "variables"],
)
def test_options_and_variables_say_the_same(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: list[str], variables: dict[str, str]
) -> None:
    keep(project.path / "results", NEW, row())
    write_baseline(baseline_of(RunFolder(path=project.path / "results" / NEW), "main"), project.path / "results")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    result = harness(project, "report", "latest", *options)

    assert result.ret == 0, result.stderr.str()
    assert _column(unpacked((project.path / "mine.html").read_bytes()), "standing") == ["same"]
    assert ANSWER in str(unpacked((project.path / "mine.html").read_bytes()))


@pytest.mark.slow
def test_the_port_is_said_by_a_variable_too(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_VIEW_PORT", "70000")

    result = harness(project, "view")

    assert result.ret == 4
    assert "HARNESS_VIEW_PORT" in result.stderr.str()
