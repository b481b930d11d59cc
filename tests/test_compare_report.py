"""What a comparison prints: the verdict first, flips in full, and nothing that an answer says is obeyed."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from compare_support import row, write_run

from harness.cli.compare import Request, is_failed
from harness.errors import HarnessError
from harness.model.simple_facts import Number
from harness.model.suite import Case
from harness.results.baseline import baseline_of, write_baseline

ASKED = Case(id="loan", prompt="How long may I keep a book?", expected_facts=(Number(number=28),))
STRICTER = Case(id="loan", prompt="How long may I keep a book?", expected_facts=(Number(number=29),))
NASTY = "```\n<script>alert(1)</script> | @everyone \x1b[31m ~~~~ [x](http://x) \u202egnp\n````"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two runs: one case broke, one was fixed, one answers otherwise, one errored, one is new and one gone."""
    (tmp_path / "pyproject.toml").write_text("[tool.harness]\n")
    strict = {"instructions": "Answer only in one word."}
    before = [
        row(ASKED, answer="You may keep it for 28 days.", claims={"28 days": True}, facts={"28": True}),
        row("fee", "incomplete", answer="It is free."),
        row("maps", answer="There are 1,200 maps."),
        row("hours"),
        row("old"),
    ]
    after = [
        row(
            ASKED,
            "incomplete",
            answer="You may keep it for 21 days.",
            claims={"21 days": False},
            facts={"28": False},
            groundedness=0.2,
            assistant=strict,
        ),
        row("fee", answer="It costs 0.20 USD.", assistant=strict),
        row("maps", answer="There are 1200 maps.", assistant=strict),
        row("hours", "error", assistant=strict),
        row("young", assistant=strict),
    ]
    write_run(tmp_path / "results", "before", before)
    write_run(tmp_path / "results", "after", after)
    return tmp_path


def compared(project: Path, capsys: pytest.CaptureFixture[str], *names: str, **changes: Any) -> str:
    settings = {"variants": None, "targets": None, "models": None, "limit": 10, "form": "text", "fail_on": "never"}
    is_failed(Request(names=names or ("before", "after"), **{**settings, **changes}), project)
    return capsys.readouterr().out


def test_the_text_begins_with_the_verdict_and_tells_flips_in_full(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = compared(project, capsys)

    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    order = [
        "no difference shown",
        "1 broken, 1 fixed",
        "what differs",
        "configuration: differs in 4 of 4 cases; named for 2 flips",
        "broken (1)",
        "cases/library.yaml::loan: grounded -> incomplete",
        "why: configuration",
        "fixed (1)",
        "scores, over",
        "other answers with the same outcome (1)",
        "errored: neither better nor worse (1)",
        "new: only in after (1)",
        "gone: only in before (1)",
    ]
    assert [text.find(words) for words in order] == sorted(text.find(words) for words in order)
    assert text.find(order[0]) > 0
    for words in (
        "[-28-]",
        "{+21+}",
        "claims lost:",
        "facts lost:",
        "new claims without support:",
        "0.50 s",
        "instructions",
    ):
        assert words in text


def test_flips_beyond_the_limit_are_listed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = compared(project, capsys, limit=0)

    assert "cases/library.yaml::loan: grounded -> incomplete; configuration" in text
    assert "[-28-]" not in text


def test_the_data_holds_what_the_text_tells(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(compared(project, capsys, form="json"))

    (only,) = data["comparisons"]
    (broken,) = only["broken"]
    assert (data["format"], data["paired_by"], only["verdict"]) == (1, ["suite", "case"], "no_difference")
    assert only["pass_rate"]["pairs"] == 3
    assert only["pass_rate"]["left_out"] == 1
    assert [why["cause"] for why in only["why"]] == ["configuration"]
    assert only["why"][0]["changes"][0]["edits"][0]["where"] == "instructions"
    assert broken["causes"] == ["configuration"]
    assert (broken["claims_lost"], broken["facts_lost"], broken["unsupported_new"]) == (
        ["28 days"],
        ["28"],
        ["21 days"],
    )
    assert broken["b"]["answer"] == "You may keep it for 21 days."
    names = {kind: [one["case"] for one in only[kind]] for kind in ("fixed", "changed", "errored", "new", "gone")}
    assert names == {"fixed": ["fee"], "changed": ["maps"], "errored": ["hours"], "new": ["young"], "gone": ["old"]}


def test_a_changed_case_is_told_with_what_it_expected(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(project / "results", "stricter", [row(STRICTER, "incomplete", answer="You may keep it for 28 days.")])

    text = compared(project, capsys, "before", "stricter")

    assert "case: differs in 1 of 1 case; named for 1 flip" in text
    assert "expected_facts[0][number]: 28 -> 29" in text


def test_nothing_that_an_answer_says_is_obeyed(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    bad = row(ASKED, "incomplete", answer=NASTY, claims={NASTY: False}, facts={NASTY: False})
    write_run(project / "results", "nasty", [bad])

    text = compared(project, capsys, "before", "nasty")
    markdown = compared(project, capsys, "before", "nasty", form="markdown")

    for shown in (text, markdown):
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert "\\x1b" in shown
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    for mark in ("<script>", "@everyone", "[x](", "http://", "\n```"):
        assert mark not in outside
    for line in outside.splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line))
        assert cells in {0, 4, 8}, line


def test_a_baseline_is_a_side_without_texts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from harness.results import find_run

    write_baseline(baseline_of(find_run(project / "results", "before"), "main"), project / "results")

    text = compared(project, capsys, "main", "after")

    assert "baseline main of run before" in text
    assert "configuration: differs in 4 of 4 cases; named for 2 flips" in text
    assert "(no text is kept)" in text
    assert "Answer only in one word." in text


def test_several_are_held_against_the_first(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = compared(project, capsys, "before", "after", "after")
    data = json.loads(compared(project, capsys, "before", "after", "after", form="json"))

    assert "2 compared with the reference, corrected for several by Holm" in text
    assert [one["pass_rate"]["adjusted_p"] for one in data["comparisons"]] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("names", "fail_on", "expected"),
    [
        (("before", "after"), "never", False),
        (("before", "after"), "any-broken", True),
        (("before", "after"), "worse", False),
        (("before", "before"), "any-broken", False),
        (("good", "bad"), "worse", True),
        (("bad", "good"), "worse", False),
    ],
)
def test_a_comparison_fails_on_what_it_is_told_to(
    project: Path, names: tuple[str, str], fail_on: str, *, expected: bool
) -> None:
    for name, outcome in (("good", "grounded"), ("bad", "ungrounded")):
        write_run(project / "results", name, [row(f"case-{number}", outcome) for number in range(20)])
    request = Request(names=names, variants=None, targets=None, models=None, limit=0, form="json", fail_on=fail_on)

    assert is_failed(request, project) is expected


@pytest.mark.parametrize(
    ("names", "changes", "words"),
    [
        (("before",), {}, "1 of at least two"),
        (("before", "nothing"), {}, "there is no run 'nothing'"),
        (("before", "after"), {"fail_on": "always"}, "allowed are never, worse, any-broken"),
        (("before", "after"), {"limit": -1}, "a whole number from 0"),
        ((), {"variants": "a,b", "models": "c,d"}, "exclude each other"),
        (("before", "other"), {}, "no case in common"),
    ],
)
def test_what_cannot_be_compared_is_told(
    project: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, ...], changes: dict[str, Any], words: str
) -> None:
    write_run(project / "results", "other", [row("unrelated")])

    with pytest.raises(HarnessError, match=words):
        compared(project, capsys, *names, **changes) if names else compared(project, capsys, "before", **changes)


@pytest.mark.parametrize(("no_color", "is_coloured"), [(None, True), ("1", False)])
def test_a_terminal_is_coloured_unless_no_color_is_set(
    project: Path, monkeypatch: pytest.MonkeyPatch, no_color: str | None, *, is_coloured: bool
) -> None:
    from harness.compare import Options, compare
    from harness.compare.choose import named_sides
    from harness.compare.text import console_of, print_comparison

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    out = io.StringIO()

    sides = named_sides(["before", "after"], project / "results")
    print_comparison(compare(sides, Options()), console_of(file=out, force_terminal=True, width=80))

    assert bool(re.search(r"\x1b\[[0-9;]*3[12]m", out.getvalue())) is is_coloured
