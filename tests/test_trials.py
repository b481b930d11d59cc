"""Trials, and prompt templates, from the command line to the results."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import SUITE, harness, write
from planned_support import planned
from server_support import serving

from harness import load_results
from harness.documents import read_document
from harness.errors import InputError, ResultsError
from harness.model.row import Row
from harness.model.score import CaseScore, Outcome
from harness.model.suite import Case, CaseTurn
from harness.model.transcript import Attempt, TextPart, Transcript, Turn
from harness.report.failure import failure_text
from harness.report.trials import trial_lines
from harness.results import RunFolder, find_run, read_rows, row_data, trial_table
from harness.scoring import score_case
from harness.server.models.interface import Conversation, Reply, Segment, Sources
from harness.server.settings import Settings

GOOD, BAD, BROKEN = Outcome.GROUNDED, Outcome.INCOMPLETE, Outcome.ERROR


def row(case: str, trial: int, outcome: Outcome, variant: str = "default", model: str = "m") -> Row:
    one = planned(case=Case(id=case, prompt="How long?"), trial=trial, variant=variant, assistant={"model": model})
    transcript = Transcript(target="assistants", requested_model=model, reported_model=f"{model}-{trial}", turns=())
    score = CaseScore(turns=(), deciding_turn=None, outcome=outcome, scorer="s")
    return Row(planned=one, transcript=transcript, score=score)


def trials(case: str, *outcomes: Outcome, variant: str = "default") -> list[Row]:
    return [row(case, at, outcome, variant) for at, outcome in enumerate(outcomes, start=1)]


def test_the_summary_tells_of_trials_and_names_the_cases_whose_trials_disagree() -> None:
    rows = [
        *trials("steady", GOOD, GOOD, GOOD),
        *trials("flaky", GOOD, BAD, GOOD),
        *trials("down", BROKEN, GOOD, BAD),
        *trials("steady", BAD, BAD, BAD, variant="terse"),
    ]
    assert [" ".join(line.split()) for line in trial_lines([one.brief for one in rows])] == [
        "3 trials a case pass rate pass@3 pass^3 flake rate",
        "cases/library.yaml [default] 0.72 1.00 0.50 0.56",
        "cases/library.yaml [terse] 0.00 0.00 0.00 0.00",
        "cases/library.yaml::down [default] 0.50 n/a n/a 1.00",
        "cases/library.yaml::flaky [default] 0.67 1.00 0.00 0.67",
        "",
    ]


def test_models_are_no_trials_of_each_other_and_one_trial_tells_nothing() -> None:
    assert list(trial_lines([row("a", 1, GOOD).brief, row("a", 1, BAD, model="n").brief])) == []
    rows = [*trials("a", GOOD, GOOD), row("b", 1, GOOD)]
    assert next(trial_lines([one.brief for one in rows])).startswith("1 to 2 trials a case ")


def test_of_many_cases_whose_trials_disagree_some_are_listed() -> None:
    rows = [one for number in range(13) for one in trials(f"c{number:02}", GOOD, BAD)]
    lines = list(trial_lines([one.brief for one in rows]))
    assert len([line for line in lines if "::" in line]) == 10
    assert lines[-2] == "  and 3 more cases whose trials disagree"


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(path=tmp_path / "run")
    for one in (*trials("flaky", GOOD, BAD, GOOD), *trials("down", BROKEN, GOOD), *trials("flaky", GOOD, variant="v")):
        folder.append(row_data(one))
    return folder


@pytest.mark.parametrize("name", [".", "results.jsonl"])
def test_trials_are_a_table(run: RunFolder, name: str) -> None:
    table = trial_table(run.path / name)
    assert list(table.columns[:5]) == ["suite", "case", "variant", "target", "model"]
    flaky, down, other = (table.iloc[at] for at in range(3))
    assert (flaky["case"], flaky["trials"], flaky["passes"], flaky["errors"]) == ("flaky", 3, 2, 0)
    assert (flaky["pass_at_k"], flaky["pass_hat_k"]) == (1.0, 0.0)
    assert flaky[["pass_rate", "flake_rate"]].tolist() == pytest.approx([2 / 3, 2 / 3])
    assert (down["trials"], down["passes"], down["errors"], down["pass_rate"]) == (2, 1, 1, 1.0)
    assert down[["pass_at_k", "pass_hat_k", "flake_rate"]].isna().all()
    assert (other["variant"], other["trials"]) == ("v", 1)


def test_the_estimates_are_for_as_many_trials_as_one_asks(run: RunFolder, tmp_path: Path) -> None:
    assert trial_table(run.path, k=1)["pass_hat_k"].tolist() == pytest.approx([2 / 3, 1, 1])
    assert trial_table(run.path, k=2)["pass_at_k"].tolist()[0] == pytest.approx(1.0)
    with pytest.raises(InputError, match="from 1"):
        trial_table(run.path, k=0)
    with pytest.raises(ResultsError):
        trial_table(tmp_path / "none")


ASKED = ("I am Ada Lovelace, born in 1815. How long?", "And maps, please?")


def templated(*answers: str, prompts: tuple[str, ...] = ASKED) -> Row:
    case = Case(id="talk", turns=(CaseTurn(prompt="How long?"), CaseTurn(prompt="And maps?", expect="answer")))
    one = planned(case=case, variant="v", prompts=prompts, sources=())
    attempts = (Attempt(status="completed", raw_status="completed", parts=(TextPart(text=text),)) for text in answers)
    turns = tuple(Turn(prompt=prompt, attempts=(attempt,)) for prompt, attempt in zip(one.asked, attempts, strict=True))
    transcript = Transcript(target="assistants", requested_model="m", reported_model="m", turns=turns)
    library = read_document(b"Members may borrow books for 28 days. Maps are not lent.\n", "library.md")
    return Row(planned=one, transcript=transcript, score=score_case(one, transcript, {"library.md": library}))


def test_an_answer_is_judged_by_what_was_really_asked() -> None:
    answer = "You are Ada Lovelace, born in 1815. Books: 28 days."
    told = [claim.text for claim in templated(answer, "No.").score.turns[0].claims if claim.support != "supported"]
    untold = templated(answer, "No.", prompts=())
    assert told == []
    assert [claim.text for claim in untold.score.turns[0].claims if claim.support != "supported"]


def test_a_failure_shows_what_was_really_asked() -> None:
    text = failure_text(templated("28 days.", "Maps are lent for 99 days."), "run")
    assert "prompt 2 of 2:\n  And maps, please?\n" in text


@dataclass
class Alternating:
    """Answer rightly, then refuse, then answer again."""

    name: str = "alternating"
    description: str = "for tests"
    calls: "itertools.count[int]" = field(default_factory=itertools.count)

    def reply(self, conversation: Conversation, sources: Sources) -> Reply:  # noqa: ARG002  # the protocol's
        answers = ("Members may borrow books for 28 days.", "Sorry, I can't find that.")
        return Reply(segments=(Segment(text=answers[next(self.calls) % 2]),))


@pytest.fixture
def alternating() -> Iterator[str]:
    with serving(Settings(poll_after_ms=2), {"alternating": Alternating()}) as url:
        yield url


@pytest.mark.slow
def test_each_trial_is_an_item_with_a_recording_of_its_own(project: pytest.Pytester, alternating: str) -> None:
    args = ["cases", "-k", "loan", "--harness-model=alternating", "--harness-concurrency=1", "--harness-trials=3"]

    result = project.runpytest(*args, "-v", f"--harness-endpoint={alternating}")

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "cases/library.yaml::loan PASSED*",
            "cases/library.yaml::loan?t2? FAILED*",
            "cases/library.yaml::loan?t3? PASSED*",
            "3 trials a case *pass rate *pass@3 *pass^3 *flake rate",
            "cases/library.yaml ?default? *0.67 *1.00 *0.00 *0.67",
            "  cases/library.yaml::loan ?default? *0.67 *1.00 *0.00 *0.67",
        ]
    )
    names = {path.name for path in project.path.glob("cassettes/library/loan/*.yaml")}
    assert names == {f"default.assistants.alternating.{trial}.yaml" for trial in (1, 2, 3)}

    again = project.runpytest(*args, "--harness-record=none")

    again.assert_outcomes(passed=2, failed=1)
    table = trial_table(find_run(project.path / "results", "latest").path)
    assert table[["trials", "passes", "errors"]].to_numpy().tolist() == [[3, 2, 0]]

    missing = project.runpytest(*args[:-1], "--harness-trials=4", "--harness-record=none")

    missing.assert_outcomes(passed=2, failed=1, errors=1)
    missing.stdout.fnmatch_lines(["*hint: record it: pytest 'cases/library.yaml::loan?t4?' --harness-trials=4 *"])
    assert "0 orphaned" in harness(project, "cassettes", "status").stdout.str()


@pytest.mark.slow
def test_each_trial_of_an_expected_failure_is_expected_to_fail(project: pytest.Pytester, alternating: str) -> None:
    suite = SUITE.replace("tags: [period]", "xfail: {reason: it flakes}")
    write(project.path / "cases" / "library.yaml", suite)

    args = [f"--harness-endpoint={alternating}", "--harness-model=alternating", "--harness-concurrency=1"]
    result = project.runpytest("cases", "-k", "loan", *args, "--harness-trials=2")

    result.assert_outcomes(failed=1, xfailed=1)
    result.stdout.fnmatch_lines(["*XPASS(strict)*it flakes*"])


@pytest.mark.slow
def test_a_template_is_sent_recorded_and_written(project: pytest.Pytester) -> None:
    shared = 'variants: {polite: {prompt_template: "{{ prompt }} Please answer in one sentence."}}\n'
    write(project.path / "cases" / "variants.yaml", shared)

    project.runpytest("cases", "--harness-variant=polite", "-k", "loan").assert_outcomes(passed=1)

    folder = find_run(project.path / "results", "latest")
    (one,) = read_rows(folder)
    asked = "For how many days may members borrow books? Please answer in one sentence."
    assert (one.planned.asked, one.transcript.turns[0].prompt) == ((asked,), asked)
    assert one.planned.prompt_template == "{{ prompt }} Please answer in one sentence."
    assert load_results(folder.path)["prompt"].tolist() == [asked]

    write(project.path / "cases" / "variants.yaml", shared.replace("one sentence", "two sentences"))
    stale = project.runpytest("cases", "--harness-variant=polite", "-k", "loan")

    stale.assert_outcomes(errors=1)
    stale.stdout.fnmatch_lines(["*the recording answers another question: prompts.1: *one sentence*two sentences*"])
