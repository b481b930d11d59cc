"""`harness cassettes` as a person types it."""

import contextlib
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import LIBRARY, SAID_BY_THE_ENVIRONMENT, SUITE, write

from harness.cli import main
from harness.embedded import EmbeddedServer, start_embedded

COMMANDS = ("status", "record", "prune", "verify", "import")
RECORDINGS = Path(__file__).parents[2] / "shared" / "wire" / "recordings"
needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="NO RECORDINGS OF REAL TRAFFIC HERE: ../shared/wire is missing"
)


@dataclass(frozen=True)
class Result:
    """What a command came to."""

    ret: int
    out: str
    err: str

    def says(self, *patterns: str) -> None:
        """Hold that these lines are there, in this order."""
        pytest.LineMatcher(self.out.splitlines()).fnmatch_lines(patterns)


def run(folder: Path, *args: str) -> Result:
    """Run `harness cassettes` in a folder, in this process: a case takes no second for its imports."""
    out, err, ret = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.chdir(folder)
        patch.setattr("sys.argv", ["harness", "cassettes", *args])
        try:
            main()
        except SystemExit as end:
            ret = int(end.code or 0)
    return Result(ret, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    """One server for all tests: starting one takes longer than a test."""
    running = start_embedded()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _endpoint(project: pytest.Pytester, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project
    monkeypatch.setenv("HARNESS_ENDPOINT", server.base_url)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, server: EmbeddedServer) -> Path:
    """A project whose two cases are recorded, made once."""
    folder = tmp_path_factory.mktemp("template")
    write(folder / "pyproject.toml", "[tool.harness]\n")
    write(folder / "fixtures" / "library.md", LIBRARY)
    write(folder / "cases" / "library.yaml", SUITE)
    with pytest.MonkeyPatch.context() as patch:
        for name in SAID_BY_THE_ENVIRONMENT:
            patch.delenv(name, raising=False)
        patch.setenv("HARNESS_ENDPOINT", server.base_url)
        result = run(folder, "record")
    assert result.ret == 0, result
    return folder


@pytest.fixture
def recorded(project: pytest.Pytester, template: Path) -> pytest.Pytester:
    """A copy of it."""
    shutil.copytree(template / "cassettes", project.path / "cassettes")
    return project


def status(project: pytest.Pytester, *args: str) -> dict[str, Any]:
    result = run(project.path, "status", "--json", *args)
    data: dict[str, Any] = json.loads(result.out)
    assert result.ret == (0 if data["is_fresh"] else 1)
    return data


def names(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["case"].partition("::")[2] for entry in entries]


def files(project: pytest.Pytester) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (project.path / "cassettes").rglob("*") if path.is_file()}


def change(project: pytest.Pytester, old: str, new: str) -> None:
    path = project.path / "cases" / "library.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(project: pytest.Pytester, command: str) -> None:
    result = run(project.path, command, "--help")

    assert result.ret == 0
    assert re.search(rf"Example: harness cassettes {command}", " ".join(result.out.split()))


def test_what_is_missing_is_recorded_once_and_then_fresh(project: pytest.Pytester) -> None:
    before = status(project)
    assert names(before["missing"]) == ["loan", "librarian"]

    result = run(project.path, "record")

    assert result.ret == 0
    result.says("[[]1/2] recorded cases/library.yaml::loan against http://*", "[[]2/2] recorded *::librarian *")
    assert names(status(project)["fresh"]) == ["loan", "librarian"]
    assert not list((project.path / "results").glob("*")), "nothing was judged and nothing is left behind"
    kept = files(project)
    assert run(project.path, "record", "--stale").out.strip() == "nothing to record"
    assert files(project) == kept


def test_pytest_replays_what_was_recorded(recorded: pytest.Pytester) -> None:
    kept = files(recorded)

    recorded.runpytest("cases", "--harness-record=none").assert_outcomes(passed=2)

    assert files(recorded) == kept


def test_only_the_named_cases_are_recorded(project: pytest.Pytester) -> None:
    assert run(project.path, "record", "cases/library.yaml::loan").ret == 0
    data = status(project)
    assert (names(data["fresh"]), names(data["missing"])) == (["loan"], ["librarian"])

    result = run(project.path, "record", "lone")
    assert result.ret == 4
    assert "did you mean `loan`?" in result.err


def test_stale_is_told_by_cause_and_only_that_is_recorded_again(recorded: pytest.Pytester) -> None:
    change(recorded, "For how many days may members borrow books?", "How long may members borrow books?")
    kept = files(recorded)

    result = run(recorded.path, "status")

    assert result.ret == 1
    result.says(
        "cassettes: 1 fresh, 1 stale, 0 missing, 0 unreadable, 0 orphaned",
        'stale (1): prompts.1: "For how many days may members borrow books?" -> "How long may *"',
        "    cases/library.yaml::loan  extractive",
        "record these again: harness cassettes record --stale",
    )
    stays = run(recorded.path, "record")
    assert stays.ret == 0
    stays.says("nothing to record", "1 stale or unreadable recordings stay as they are: see --stale")
    assert files(recorded) == kept

    assert run(recorded.path, "record", "--stale").ret == 0
    changed = {path.parent.name for path, content in files(recorded).items() if kept.get(path) != content}
    assert changed - {"_setup"} == {"loan"}
    assert status(recorded)["is_fresh"]


def test_a_changed_word_of_long_instructions_is_shown_with_its_neighbours(recorded: pytest.Pytester) -> None:
    change(recorded, 'Otherwise reply "Sorry,', 'Otherwise do reply "Sorry,')

    (entry, _) = status(recorded)["stale"]

    assert 'from the documents. Otherwise do reply "Sorry,' in entry["cause"]


@pytest.mark.slow
def test_other_variants_models_and_trials_count_where_they_are_recorded(recorded: pytest.Pytester) -> None:
    assert run(recorded.path, "record", "loan", "--harness-variant=chatty").ret == 0
    assert run(recorded.path, "record", "loan", "--harness-model=eager").ret == 0
    assert run(recorded.path, "record", "librarian", "--harness-model=org/no.such").ret == 1

    data = status(recorded)

    assert sorted((entry["case"].partition("::")[2], entry["model"]) for entry in data["fresh"]) == [
        ("librarian", "extractive"),
        ("loan", "eager"),
        ("loan", "extractive"),
        ("loan[chatty]", "extractive"),
    ]
    assert data["orphaned"] == []
    assert names(status(recorded, "--harness-variant=chatty")["missing"]) == ["librarian[chatty]"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:300]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\xff\xfe"),
        lambda path: path.write_text(path.read_text(encoding="utf-8").replace("format: 1", "format: 2")),
        lambda path: path.write_text("<<<<<<< ours\n" + path.read_text(encoding="utf-8")),
        lambda path: (path.unlink(), path.mkdir()),
    ],
    ids=["cut", "empty", "no text", "version", "conflict", "folder"],
)
def test_what_cannot_be_read_is_one_error_and_the_others_go_on(
    recorded: pytest.Pytester, damage: Callable[[Path], object]
) -> None:
    (path,) = recorded.path.glob("cassettes/library/loan/*.yaml")
    damage(path)

    data = status(recorded)
    assert (names(data["unreadable"]), names(data["fresh"])) == (["loan"], ["librarian"])
    assert data["orphaned"] == []
    result = run(recorded.path, "verify")
    assert result.ret == 1
    result.says("FAIL error *::loan *", "*cannot be read*", "ok   *::librarian *")


def test_unreadable_recordings_set_ups_and_texts_are_made_again(recorded: pytest.Pytester) -> None:
    for path in files(recorded):
        path.write_bytes(b"cut: [")

    data = status(recorded)
    assert len(data["unreadable"]) == 2
    assert len(data["unreadable_setups"]) == 3
    assert data["orphaned"] == []

    assert run(recorded.path, "record", "--stale").ret == 0
    assert status(recorded)["is_fresh"]


def test_a_set_up_that_cannot_be_read_goes_and_the_answers_stay(recorded: pytest.Pytester) -> None:
    kept = files(recorded)
    (path,) = recorded.path.glob("cassettes/_setup/vs_*[0-9a-f].yaml")
    path.write_bytes(b"cut: [")
    said = run(recorded.path, "status")
    assert said.ret == 1
    said.says("unreadable: cassettes/_setup/vs_*", "record these again: harness cassettes record --stale")

    result = run(recorded.path, "record", "--stale")

    assert result.ret == 0
    assert result.out.startswith(f"deleted cassettes/_setup/{path.name}: it could not be read")
    assert "nothing to record" not in result.out
    assert status(recorded)["is_fresh"]
    assert files(recorded).keys() == kept.keys() - {path}


def test_a_folder_in_the_place_of_a_set_up_is_an_error_of_ours(recorded: pytest.Pytester) -> None:
    (path,) = recorded.path.glob("cassettes/_setup/asst_*.yaml")
    path.unlink()
    path.mkdir()

    result = run(recorded.path, "record", "--stale")

    assert result.ret == 4
    assert f"{path.name}: cannot be deleted" in result.err

    path.rename(path.with_name("asst_0.yaml"))
    result = run(recorded.path, "prune", "--yes")
    assert result.ret == 4
    assert "asst_0.yaml: cannot be deleted" in result.err


@pytest.mark.slow
def test_prune_deletes_what_nothing_needs_and_asks_first(recorded: pytest.Pytester) -> None:
    assert run(recorded.path, "record", "loan", "--harness-variant=chatty").ret == 0
    change(recorded, "variants:\n  chatty: {additional_run_instructions: Address the user as Ada.}\n", "")
    write(recorded.path / "fixtures" / "library.md", "Members may borrow books for 28 days.\n")
    assert run(recorded.path, "record", "--stale").ret == 0
    kept = files(recorded)

    data = status(recorded)
    gone = {"cassettes/library/loan/chatty.assistants.extractive.1.yaml"}
    gone |= {name for name in data["orphaned"] if "/_setup/" in name}
    assert set(data["orphaned"]) == gone
    assert len(gone) >= 4, "the old file, store and assistant too"
    refused = run(recorded.path, "prune")
    assert refused.ret == 4
    assert "say --yes" in refused.err
    assert files(recorded) == kept

    assert run(recorded.path, "prune", "--yes").ret == 0
    assert {path.relative_to(recorded.path).as_posix() for path in kept.keys() - files(recorded).keys()} == gone
    assert status(recorded)["is_fresh"]
    recorded.runpytest("cases", "--harness-record=none").assert_outcomes(passed=2)
    assert run(recorded.path, "prune").out.strip() == "nothing to prune"


def test_prune_takes_texts_that_no_recording_holds(recorded: pytest.Pytester) -> None:
    long = "Answer in full sentences, kindly, and at some length, so that this text is worth to be shared by all. " * 2
    change(recorded, "Answer only", f"{long}Answer only")
    assert run(recorded.path, "record", "--stale").ret == 0
    change(recorded, long, long.replace("kindly", "friendly"))
    assert run(recorded.path, "record", "--stale").ret == 0
    assert status(recorded)["unused_texts"]
    (texts,) = recorded.path.glob("cassettes/_setup/*.texts.yaml")
    assert "kindly" in texts.read_text(encoding="utf-8")

    assert run(recorded.path, "prune", "--yes").ret == 0

    assert status(recorded)["unused_texts"] == {}
    assert "kindly" not in texts.read_text(encoding="utf-8")
    assert "friendly" in texts.read_text(encoding="utf-8")
    recorded.runpytest("cases", "--harness-record=none").assert_outcomes(passed=2)


def test_nothing_is_pruned_while_a_suite_cannot_be_read(recorded: pytest.Pytester) -> None:
    kept = files(recorded)
    write(recorded.path / "cases" / "library.yaml", "cases: [")

    assert run(recorded.path, "prune", "--yes").ret == 4
    assert files(recorded) == kept


def test_verify_scores_everything_and_opens_no_socket(
    recorded: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("subprocess.Popen.__init__", refuse)

    result = run(recorded.path, "verify")

    assert result.ret == 0
    result.says("ok   grounded * cases/library.yaml::loan *", "ok   correct_refusal * cases/library.yaml::librarian *")
    result.says("runs: 2 replayed, recorded against http://*")
    assert not (recorded.path / "results").exists()


@pytest.mark.parametrize(
    ("old", "new", "outcome", "ret"),
    [
        ("number: 28", "number: 99", "incomplete", 1),
        ("    tags: [period]\n", "    xfail: {reason: strict}\n", "grounded", 1),
        ("number: 28, unit: days}]", "number: 99}]\n    xfail: {reason: known}", "incomplete", 0),
        ("How", "how", "grounded", 0),
        ("For how", "How", "error", 1),
    ],
    ids=["fails", "passes against expectation", "fails as expected", "expectation is no question", "stale"],
)
def test_verify_fails_like_pytest_would(recorded: pytest.Pytester, old: str, new: str, outcome: str, ret: int) -> None:
    if old == "How":
        old, new = "tags: [period]", "tags: [time]"
    change(recorded, old, new)

    result = run(recorded.path, "verify", "--json")

    data = json.loads(result.out)
    assert (result.ret, data["rows"][0]["outcome"]) == (ret, outcome)
    assert data["is_right"] is (ret == 0)


def test_a_secret_in_a_prompt_is_recorded_nowhere(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_SERVICE_TOKEN", "very-secret-value-1")
    change(project, "For how many days may members borrow books?", "For how many days, given very-secret-value-1?")

    result = run(project.path, "record")

    assert result.ret == 1
    said = result.out
    assert "FAILED cases/library.yaml::loan: cases/library.yaml::loan was not recorded: `messages[0].content`" in said
    assert "very-secret" not in said
    assert not any(b"very-secret" in content for content in files(project).values())
    assert names(status(project)["fresh"]) == ["librarian"]


def test_a_scrubber_of_the_project_sees_what_is_written(project: pytest.Pytester) -> None:
    project.makefile(".toml", pyproject='[tool.harness]\nscrubbers = ["scrub_names:Scrub"]\n')
    write(
        project.path / "scrub_names.py",
        "from dataclasses import replace\n\n\nclass Scrub:\n    def scrub(self, interaction):\n"
        "        return replace(interaction, response_body=interaction.response_body.replace('28', '27'))\n",
    )
    assert run(project.path, "record").ret == 0

    (path,) = project.path.glob("cassettes/library/loan/*.yaml")
    assert "27 days" in path.read_text(encoding="utf-8")

    project.makefile(".toml", pyproject='[tool.harness]\nscrubbers = ["scrub_oddly:Scrub"]\n')
    write(project.path / "scrub_oddly.py", "raise RuntimeError('odd')\n")
    (path,) = project.path.glob("cassettes/library/loan/*.yaml")
    path.unlink()
    result = run(project.path, "record")
    assert result.ret == 1
    assert "scrubbers: scrub_oddly:Scrub: cannot be loaded: RuntimeError: odd" in result.out


@needs_recordings
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("assistants_function_call.yaml", "The city with the highest population"),
        ("assistants_polling.yaml", "The solution to the equation"),
        ("assistants_streaming.yaml", "# Define the equation"),
        ("responses_file_search_results.yaml", "file search: 1 results"),
        ("responses_file_search_stream.yaml", "The capital of France is Paris."),
    ],
)
def test_import_prints_real_recordings(project: pytest.Pytester, name: str, said: str) -> None:
    result = run(project.path, "import", str(RECORDINGS / name))

    assert result.ret == 0
    assert said in result.out
    assert "user:" in result.out.splitlines()


@needs_recordings
def test_import_explains_what_is_no_conversation(project: pytest.Pytester) -> None:
    result = run(project.path, "import", str(RECORDINGS / "assistants_file_search_step.json"))

    assert result.ret == 4
    assert "a single request with its answer; that is no conversation" in result.err


def tape(path: Path, *interactions: tuple[str, str, Any, Any]) -> Path:
    """Write a cassette of vcrpy's."""
    entries = [
        {
            "request": {
                "method": method,
                "uri": f"https://api.openai.com/v1{place}",
                "body": json.dumps(sent),
                "headers": {},
            },
            "response": {"status": {"code": 200}, "headers": {}, "body": {"string": json.dumps(got)}},
        }
        for method, place, sent, got in interactions
    ]
    path.write_text(yaml.safe_dump({"version": 1, "interactions": entries}), encoding="utf-8")
    return path


def answer(words: str) -> dict[str, Any]:
    note = {"type": "file_citation", "file_id": "file-abc", "filename": "library.md", "index": len(words)}
    content = [{"type": "output_text", "text": words, "annotations": [note]}]
    output = [{"type": "message", "content": content}]
    return {"id": "resp_1", "object": "response", "status": "completed", "model": "m", "output": output}


def test_import_judges_by_documents_and_writes_transcripts(project: pytest.Pytester) -> None:
    words = "Members may borrow books for 28 days. The head librarian is Ada Lovelace."
    path = tape(project.path / "old.yaml", ("POST", "/responses", {"input": "How long, and who?"}, answer(words)))

    result = run(project.path, "import", str(path), "--documents", "fixtures/library.md", "--out", "out.json")

    assert result.ret == 0, result.err
    output = result.out
    assert "claim not_found" in output
    assert "claim supported" in output
    assert "outcome" not in output, "nobody said what was expected"
    assert "  cites library.md" in output
    (one,) = json.loads((project.path / "out.json").read_text(encoding="utf-8"))
    assert one["transcript"]["provenance"]["origin"] == "imported"
    assert one["transcript"]["turns"][0]["attempts"][0]["parts"][0]["citations"][0]["document"] == "library.md"
    assert one["score"]["turns"][0]["groundedness"] < 0.6


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["old.yaml"], "holds no run of an assistant and no response of the Responses API, only GET /v1/models"),
        (["missing.yaml"], "missing.yaml: cannot be imported"),
        (["cases"], "cannot be imported"),
        (["old.yaml", "--documents", "no.pdf"], "no.pdf: cannot be read"),
    ],
)
def test_import_says_what_is_wrong(project: pytest.Pytester, args: list[str], said: str) -> None:
    tape(project.path / "old.yaml", ("GET", "/models", None, {"object": "list", "data": []}))

    result = run(project.path, "import", *args)

    assert result.ret == 4
    assert said in result.err
    assert "Traceback" not in result.err


def test_import_goes_on_after_a_broken_file(project: pytest.Pytester) -> None:
    tape(project.path / "none.yaml", ("GET", "/models", None, {"object": "list", "data": []}))
    write(project.path / "deep.json", "[" * 200_000)
    tape(project.path / "good.yaml", ("POST", "/responses", {"input": "How long?"}, answer("For 28 days.")))

    result = run(project.path, "import", "none.yaml", "deep.json", "good.yaml", "--out", "out.json")

    assert result.ret == 1
    assert "harness: none.yaml: holds no run" in result.err
    assert "harness: deep.json: cannot be imported: it is nested too deeply" in result.err
    assert "2 of 3 files could not be imported" in result.err
    assert "For 28 days." in result.out
    assert len(json.loads((project.path / "out.json").read_text(encoding="utf-8"))) == 1


def test_other_suites_are_left_alone(recorded: pytest.Pytester) -> None:
    write(recorded.path / "cases" / "deep" / "other.yaml", SUITE)

    assert run(recorded.path, "record", "cases/deep/other.yaml").ret == 0
    assert len(status(recorded)["fresh"]) == 4


def test_a_changed_document_makes_stale_and_takes_nothing_away(recorded: pytest.Pytester) -> None:
    long = "Answer in full sentences, kindly, and at some length, so that this text is worth to be shared by all. " * 2
    change(recorded, "Answer only", f"{long}Answer only")
    assert run(recorded.path, "record", "--stale").ret == 0
    assert run(recorded.path, "prune", "--yes").ret == 0
    kept = files(recorded)
    write(recorded.path / "fixtures" / "library.md", "Members may borrow books for 99 days.\n")

    data = status(recorded)
    assert names(data["stale"]) == ["loan", "librarian"]
    assert all(entry["cause"].startswith("documents.library.md") for entry in data["stale"])
    assert (data["unreadable"], data["orphaned"], data["unused_texts"]) == ([], [], {})
    assert run(recorded.path, "prune", "--yes").out.strip() == "nothing to prune"
    assert files(recorded) == kept

    write(recorded.path / "fixtures" / "library.md", LIBRARY)
    assert status(recorded)["is_fresh"]


def test_no_set_up_is_orphaned_while_a_recording_cannot_tell_what_it_needs(recorded: pytest.Pytester) -> None:
    kept = files(recorded)
    write(recorded.path / "fixtures" / "library.md", "Members may borrow books for 99 days.\n")
    for path in recorded.path.glob("cassettes/library/*/*.yaml"):
        path.write_bytes(b"cut: [")

    assert status(recorded)["orphaned"] == []
    run(recorded.path, "prune", "--yes")

    assert files(recorded).keys() == kept.keys()


def test_a_judges_recording_goes_with_its_case(recorded: pytest.Pytester) -> None:
    (kept,) = recorded.path.glob("cassettes/library/loan/*.yaml")
    judge = kept.with_name(kept.stem + ".judge.yaml")
    gone = recorded.path / "cassettes" / "library" / "no-more" / judge.name
    for path in (judge, gone):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(kept.read_bytes())

    assert status(recorded)["orphaned"] == [gone.relative_to(recorded.path).as_posix()]
    assert run(recorded.path, "prune", "--yes").ret == 0
    assert not gone.parent.exists()
    assert judge.exists()
