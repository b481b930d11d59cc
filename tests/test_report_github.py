"""What GitHub shows: nothing of an answer may end its block, forge a command, or bring in HTML."""

import re
from pathlib import Path

import pytest
from compare_support import row
from record_support import record

from harness.gate import GateCheck
from harness.model.row import Brief
from harness.model.score import Behaviour, Outcome
from harness.report.failure import failure_text
from harness.report.github import Failing, Session, annotations, project_prefix, step_summary
from harness.report.markdown import fenced, inline
from harness.report.plain import disarmed
from harness.results.standing import standings

HOSTILE = "done\n```\n<script>alert(1)</script>\n::error::forged %0A\r::set-env name=A::b | cell | \x1b[31m"


def failing(number: int = 1, account: str = HOSTILE) -> Failing:
    name = f"cases/a.yaml::loan{number}"
    return Failing(name=name, suite="cases/a.yaml", line=7, outcome="over_refusal", account=account)


def test_a_note_stands_at_the_line_and_stays_one_command() -> None:
    (line,) = annotations([failing()], prefix="sub/")
    assert line.startswith(
        "::error file=sub/cases/a.yaml,line=7,title=cases/a.yaml%3A%3Aloan1%3A over_refusal::done%0A```"
    )
    assert "\n" not in line
    assert "\r" not in line
    assert "forged %250A" in line


def test_more_notes_than_github_shows_are_counted() -> None:
    lines = list(annotations([failing(number) for number in range(13)]))
    assert len(lines) == 11
    assert lines[-1] == "::notice::3 more cases failed: see the summary of this step"


def test_an_answer_cannot_leave_its_block_in_the_summary() -> None:
    brief = Brief(
        suite="cases/a.yaml", case="loan", variant="default", configured=("assistants", "m"), expect="answer",
        behaviour=Behaviour.REFUSED,
        outcome=Outcome.OVER_REFUSAL, origin="replayed", endpoint="embedded", model="m", usage=None,
    )  # fmt: skip
    check = GateCheck(name="max_broken", limit=0, value=1, is_met=False)
    beside = standings([record()], [record("over_refusal")])
    text = step_summary(
        Session(run_id="r", briefs=[brief], failing=[failing()], baseline="main", beside=beside, checks=[check])
    )
    outside = re.sub(r"(?ms)^(`{3,})\n.*?^\1$", "", text)
    assert "0 of 1 pass" in text
    assert "**Gate failed**" in text
    assert "- broken: cases/library.yaml\\:\\:loan, grounded -> over_refusal" in text
    assert "<script>" in text
    assert "<script>" not in outside
    assert "\x1b" not in text
    assert "| expected: answer | 1 |" in text
    assert "<summary>cases/a.yaml::loan1: <b>over_refusal</b></summary>" in text


@pytest.mark.parametrize(
    "command", ["::stop-commands::x", "\u3000::error::x", "see ##[add-mask]pass", "a\n  ::error::x"]
)
def test_a_failure_holds_no_command_that_the_answer_wrote(command: str) -> None:
    text = failure_text(row("loan", "ungrounded", command), "run")
    assert not re.search(r"(?m)^\s*::|##\[", text)
    assert re.search(r"\\x3a:|#\\x23\[", text)


def test_what_is_no_command_is_shown_as_it_is() -> None:
    assert disarmed("## [a](b) std::vector cases/a.yaml::loan\n# ##") == (
        "## [a](b) std::vector cases/a.yaml::loan\n# ##"
    )


def test_a_name_in_a_summary_is_no_html() -> None:
    one = Failing(name="cases/<img>&.yaml::a", suite="cases/<img>&.yaml", line=1, outcome="error", account="")
    assert "<summary>cases/&lt;img&gt;&amp;.yaml::a: <b>error</b></summary>" in step_summary(
        Session(run_id="r", briefs=[], failing=[one])
    )


@pytest.mark.parametrize("text", ["a", "``` b", "`````\nc\n``````"])
def test_a_fence_is_longer_than_any_in_the_text(text: str) -> None:
    lines = fenced(text).split("\n")
    assert lines[0] == lines[-1]
    assert lines[0] not in text


def test_inline_text_is_taken_literally() -> None:
    assert inline("a|b <i> `c` [d](e)\n@f") == r"a\|b \<i\> \`c\` \[d\]\(e\) \@f"


@pytest.mark.parametrize(("workspace", "prefix"), [("", ""), ("/repo", "sub/dir/"), ("/repo/sub/dir", ""), ("/x", "")])
def test_paths_are_those_of_the_repository(workspace: str, prefix: str) -> None:
    assert project_prefix(Path("/repo/sub/dir"), {"GITHUB_WORKSPACE": workspace}) == prefix
