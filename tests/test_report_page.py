"""A report's file: what it holds, what it leaves out, and that it can load nothing."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import harness
from report_support import (
    ANSWER,
    DOCUMENT,
    PASSAGE,
    evidence,
    row,
    run_of,
    score,
    source_of,
    texts_of,
    unpacked,
    write_library,
)

from harness.cli.report import write_report
from harness.errors import ResultsError
from harness.model.row import Row
from harness.model.score import Claim, Outcome, OwnScore
from harness.report.page import ReportRun, build, report_page
from harness.report.page.assemble import SCRIPTS
from harness.report.page.documents import WHOLE
from harness.results import RunFolder, row_data


def _column(chunks: dict[str, object], name: str) -> list[object]:
    index = chunks["index"]
    assert isinstance(index, dict)
    values = index["values"].get(name)
    column = index["columns"][name]
    return [values[code] for code in column] if values is not None else list(column)


def _policy(page: bytes) -> str:
    found = re.search(rb'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert found is not None
    return found[1].decode()


def _hash(text: bytes) -> str:
    return base64.b64encode(hashlib.sha256(text).digest()).decode()


def test_its_policy_allows_its_own_script_and_style_and_nothing_else() -> None:
    page = report_page([run_of(row())])
    (script,) = re.findall(rb"<script>(.*?)</script>", page, re.DOTALL)
    (style,) = re.findall(rb"<style>(.*?)</style>", page, re.DOTALL)

    assert _policy(page).split("; ") == [
        "default-src 'none'",
        f"script-src 'sha256-{_hash(script)}'",
        f"style-src 'sha256-{_hash(style)}'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]


def test_it_refers_to_nothing_outside() -> None:
    page = report_page([run_of(row())]).decode()

    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)\S*|@import|url\(|<link|<img|<iframe", page) == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_makes_markup_or_code_of_a_text(name: str) -> None:
    script = Path(build.__file__).with_name(f"{name}.js").read_text(encoding="utf-8")

    assert not re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|DOMParser", script)


def test_the_index_has_a_line_for_each_row() -> None:
    chunks = unpacked(report_page([run_of(row(), row("fine", Outcome.INCOMPLETE, variant="short"))]))

    assert _column(chunks, "case") == ["loan", "fine"]
    assert _column(chunks, "variant") == ["default", "short"]
    assert _column(chunks, "outcome") == ["grounded", "incomplete"]
    assert _column(chunks, "answer") == [ANSWER, ANSWER]  # as it is read, without markers
    assert _column(chunks, "prompt_tokens") == [900, 900]
    assert _column(chunks, "seconds") == [1.5, 1.5]
    assert _column(chunks, "tags") == [["period"], ["period"]]


def test_the_answer_is_cut_where_claims_begin_and_citations_stand() -> None:
    (detail,) = unpacked(report_page([run_of(row())]))["d0"]

    assert detail["turns"][0]["score"]["answer"] == [
        ["You may keep a book for 28 days.", 0],
        [0],
        [" ", -1],
        ["Cats may borrow too.", 1],
    ]


def test_a_claim_beyond_the_answer_spoils_nothing() -> None:
    claims = (Claim(text="gone", start=5_000, end=6_000, support="contradicted", score=0.0),)
    (detail,) = unpacked(report_page([run_of(row(judged=score(claims=claims)))]))["d0"]

    assert "".join(piece[0] for piece in detail["turns"][0]["score"]["answer"] if len(piece) == 2) == ANSWER


def test_a_passage_is_a_place_in_a_document_that_stands_once(tmp_path: Path) -> None:
    source = write_library(tmp_path)
    rows = [row(f"loan-{number}", sources=(source,)) for number in range(30)]
    chunks = unpacked(report_page([run_of(*rows)], fixtures=tmp_path))
    (entry,) = chunks["index"]["documents"]
    found = chunks["d0"][7]["turns"][0]["score"]["claims"][0]["evidence"]
    in_utf16 = DOCUMENT.encode("utf-16-le")
    start, end = found["mark"]

    assert entry == {"path": "library.md", "state": "whole", "text": {"$": texts_of(chunks).index(DOCUMENT)}}
    assert texts_of(chunks).count(DOCUMENT) == 1
    assert in_utf16[2 * start : 2 * end].decode("utf-16-le") == PASSAGE  # a browser counts so; the book is two letters
    assert chunks["d0"][7]["turns"][0]["attempts"][0]["steps"][0]["results"][0]["mark"] == [start, end]


def test_a_long_document_is_carried_around_its_passages_only(tmp_path: Path) -> None:
    text = "x " * WHOLE + "📚 " + DOCUMENT + "y " * WHOLE
    (tmp_path / "library.md").write_text(text, encoding="utf-8")
    claims = (replace(score().claims[0], evidence=evidence(text=text)),)
    one = row(sources=(source_of(tmp_path / "library.md"),), judged=score(claims=claims))
    page = report_page([run_of(one)], fixtures=tmp_path)
    chunks = unpacked(page)
    found = chunks["d0"][0]["turns"][0]["score"]["claims"][0]["evidence"]
    around = texts_of(chunks)[found["around"]["$"]].encode("utf-16-le")

    assert chunks["index"]["documents"][0]["state"] == "excerpts"
    assert around[2 * found["mark"][0] : 2 * found["mark"][1]].decode("utf-16-le") == PASSAGE
    assert len(page) < 200_000


@pytest.mark.parametrize(("content", "state"), [(None, "missing"), ("Other words.\n", "changed")])
def test_without_the_document_the_passage_stands_alone(tmp_path: Path, content: str | None, state: str) -> None:
    if content is not None:
        (tmp_path / "library.md").write_text(content, encoding="utf-8")
    chunks = unpacked(report_page([run_of(row())], fixtures=tmp_path))

    assert chunks["index"]["documents"] == [{"path": "library.md", "state": state}]
    assert chunks["d0"][0]["turns"][0]["score"]["claims"][0]["evidence"]["text"] == PASSAGE


def test_a_large_report_keeps_the_steps_of_what_failed_or_flipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "ALL_RAW", 3)
    rows = [row("passed"), row("failed", Outcome.UNGROUNDED), row("both"), row("both", Outcome.INCOMPLETE, trial=2)]
    chunks = unpacked(report_page([run_of(*rows)]))
    steps = [detail["turns"][0]["attempts"][0]["steps"] for detail in chunks["d0"]]

    assert [one is not None for one in steps] == [False, True, True, True]
    assert chunks["index"]["flipped"] == 1
    assert not chunks["index"]["allRaw"]


def test_rows_are_packed_by_the_hundred() -> None:
    chunks = unpacked(report_page([run_of(*(row(f"loan-{number}") for number in range(250)))]))

    assert [len(chunks[name]) for name in ("d0", "d1", "d2")] == [100, 100, 50]


def test_what_json_cannot_say_is_said_all_the_same() -> None:
    judged = score(own=(OwnScore(scorer="half\ud800", value=float("nan")),))
    chunks = unpacked(report_page([run_of(row(judged=judged))]))

    assert chunks["d0"][0]["turns"][0]["score"]["own"][0] == {
        "scorer": "half\ud800",
        "value": "nan",
        "is_pass": None,
        "reason": None,
        "error": None,
    }


def test_the_same_rows_make_the_same_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_now", lambda: "2026-11-23T10:00:00+00:00")

    assert report_page([run_of(row())]) == report_page([run_of(row())])


def test_nothing_to_report_is_an_error() -> None:
    with pytest.raises(ResultsError, match="no case has run"):
        report_page([run_of()])


def _keep(results: Path, *rows: Row, name: str = "2026-11-23T10-00-00-abcd") -> RunFolder:
    folder = RunFolder(path=results / name)
    for one in rows:
        folder.append(row_data(one))
    return folder


def test_a_folder_is_a_run_with_or_without_a_manifest(tmp_path: Path) -> None:
    folder = _keep(tmp_path, row())
    assert ReportRun.of_folder(folder).manifest == {}

    folder.write_manifest({"command": ["pytest"], "secret": "no"})
    run = ReportRun.of_folder(folder)

    assert (run.id, run.manifest) == (folder.id, {"command": ["pytest"]})
    assert [one.planned.case.id for one in run.rows()] == ["loan"]


@pytest.mark.parametrize("manifest", ["[1]", "{torn", ""])
def test_a_broken_manifest_is_none(tmp_path: Path, manifest: str) -> None:
    folder = _keep(tmp_path, row())
    (folder.path / "manifest.json").write_text(manifest, encoding="utf-8")

    assert ReportRun.of_folder(folder).manifest == {}


@pytest.mark.slow
def test_the_command_writes_a_file(project: pytest.Pytester) -> None:
    _keep(project.path / "results", row())
    _keep(project.path / "results", row(), row("fine"), name="2026-11-24T10-00-00-abcd")

    result = harness(project, "report", "latest", "2026-11-23", "latest", "--output", "out/r.html")

    assert result.ret == 0, result.stderr.str()
    assert result.outlines == ["wrote out/r.html (0.1 MB)"]
    chunks = unpacked((project.path / "out" / "r.html").read_bytes())
    assert [run["id"] for run in chunks["index"]["runs"]] == ["2026-11-24T10-00-00-abcd", "2026-11-23T10-00-00-abcd"]
    assert [path.name for path in (project.path / "out").iterdir()] == ["r.html"]


@pytest.mark.parametrize(
    ("name", "output", "said"),
    [
        ("2026", ".", "this is a folder, a file is wanted"),
        ("2026", "pyproject.toml/r.html", "the report cannot be written"),
        ("2026", "pyproject.toml", "something else stands here, and would be lost"),
        ("broken", "r.html", "the line is no row"),
    ],
)
def test_what_cannot_be_reported_is_an_error(tmp_path: Path, name: str, output: str, said: str) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.harness]\n", encoding="utf-8")
    _keep(tmp_path / "results", row())
    broken = _keep(tmp_path / "results", row(), name="broken")
    rows = broken.path / "results.jsonl"
    rows.write_text(json.dumps({"planned": 1}) + "\n" + rows.read_text(encoding="utf-8"), encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(ResultsError, match=said):
        write_report([name], tmp_path / output, tmp_path)

    assert sorted(tmp_path.rglob("*")) == before


def test_a_failed_report_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.harness]\n", encoding="utf-8")
    _keep(tmp_path / "results", row())
    output = tmp_path / "report.html"
    write_report(["latest"], output, tmp_path)
    old = output.read_bytes()

    def full(_self: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ResultsError, match="No space left"):
        write_report(["latest"], output, tmp_path)

    assert output.read_bytes() == old
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.slow
def test_an_unknown_run_is_a_message_and_exit_code_4(project: pytest.Pytester) -> None:
    result = harness(project, "report", "nothing")

    assert result.ret == 4
    assert "there is no run 'nothing'" in result.stderr.str()
    assert not (project.path / "report.html").exists()
