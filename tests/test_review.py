"""People's labels: asked for on a terminal, by a table, kept, and compared with the scorer's."""

import csv
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import harness, write
from report_support import ANSWER, row, score

from harness.errors import ResultsError
from harness.labels import Label, append_label, read_labels
from harness.model.row import Row
from harness.model.score import Behaviour, Claim, JudgedClaim, Judgement, Outcome
from harness.model.transcript import Attempt, TextPart
from harness.results import RunFolder, row_data
from harness.review import (
    Choice,
    Item,
    Session,
    agreement_data,
    agreement_lines,
    choose,
    items_of,
    read_table,
    table_text,
)

RUN = "2026-11-23T10-00-00-abcd"
INTERRUPT = "Ctrl-C"


def items(*rows: Row) -> list[Item]:
    return list(items_of(rows or (row(),), RUN))


def said(item: Item, label: str, who: str = "Ada") -> Label:
    return item.labelled(label, who, "2026-11-23T10:00:00+00:00")


def hostile(text: str) -> Row:
    """Return a row whose answer is a text, one claim of it all."""
    spoken = Attempt(status="completed", raw_status="completed", parts=(TextPart(text=text),))
    claim = Claim(text=text, start=0, end=len(text), support="not_found", score=0.0)
    return row("hostile", Outcome.UNGROUNDED, spoken, score(Outcome.UNGROUNDED, claims=(claim,), citations=()))


def test_a_run_holds_for_each_answer_what_it_does_and_each_claim() -> None:
    whole, first, second = items()

    assert (whole.kind, whole.text, whole.said) == ("behaviour", ANSWER, {"test 1": "answer"})
    assert (first.text, first.said) == ("You may keep a book for 28 days.", {"test 1": "supported"})
    assert (second.text, second.evidence) == ("Cats may borrow too.", None)


def test_what_is_the_same_in_another_run_or_trial_is_the_same_thing() -> None:
    again = list(items_of([row(trial=1), row(trial=2)], "another"))

    assert [item.key for item in again] == [item.key for item in items()]


def test_keys_label_skip_go_back_and_quit() -> None:
    kept: list[Label] = []
    session = Session(items(), "Ada", kept.append)

    assert session.press("s") is False  # what an answer does is no claim
    pressed = [session.press(key) for key in ("a", " ", "b", "C", "b", "s", "n")]

    assert pressed == [True] * 7
    assert [label.label for label in kept] == ["answer", "contradicted", "supported", "not_found"]
    assert (session.is_over, session.summary) == (True, "3 of 3 labelled: 1 answer, 1 not_found, 1 supported")
    assert (kept[1].document, kept[1].passage) == ("library.md", "Members may borrow books for 28 days.")


def test_quitting_keeps_what_was_labelled() -> None:
    kept: list[Label] = []
    session = Session(items(), "Ada", kept.append)
    for key in "aq":
        session.press(key)

    assert (session.is_over, len(kept)) == (True, 1)
    left = choose(items(), kept, Choice(), "Ada")
    assert [item.kind for item in left] == ["claim", "claim"]
    assert len(choose(items(), kept, Choice(is_again=True), "Ada")) == 3
    assert len(choose(items(), kept, Choice(), "Bob")) == 3


def test_only_some_things_are_asked_for() -> None:
    judged = Judgement(
        model="judge",
        prompt="claims 1",
        claims=tuple(JudgedClaim(claim=claim, support="not_found", reason="x") for claim in (0, 1)),
    )
    rows = [row("fine"), row("bad", Outcome.INCOMPLETE, judged=score(Outcome.INCOMPLETE, judgement=judged))]
    rows[1] = replace(rows[1], planned=replace(rows[1].planned, sources=()))
    all_ = items(*rows)
    labels = [said(all_[0], "refusal", "Bob"), said(all_[1], "supported", "Bob")]

    assert [item.node for item in choose(all_, [], Choice(only="failed"), "Ada")] == ["cases/library.yaml::bad"] * 3
    assert choose(all_, labels, Choice(only="unlabelled"), "Ada") == all_[2:]
    disagreeing = choose(all_, labels, Choice(only="disagreeing"), "Ada")
    assert [(item.node.partition("::")[2], item.kind) for item in disagreeing] == [
        ("fine", "behaviour"),
        ("bad", "claim"),
    ]


def test_a_sample_is_of_whole_answers_and_the_same_for_a_seed() -> None:
    rows = [row(f"case-{number}", judged=score()) for number in range(9)]
    rows = [replace(one, planned=replace(one.planned, sources=(replace(one.planned.sources[0], sha256=f"{at:064}"),)))
            for at, one in enumerate(rows)]  # fmt: skip
    all_ = items(*rows)

    drawn = choose(all_, [], Choice(sample=3), "Ada")

    assert len(all_) == 27
    assert (len(drawn), len({item.node for item in drawn})) == (9, 3)
    assert drawn == choose(all_, [], Choice(sample=3), "Ada")
    assert drawn != choose(all_, [], Choice(sample=3, seed=1), "Ada")
    assert len(choose(all_, [], Choice(sample=99), "Ada")) == 27


def test_labels_are_read_as_they_were_kept(tmp_path: Path) -> None:
    path = tmp_path / "results" / "labels.jsonl"
    labels = [said(items()[0], "answer"), said(items()[1], "not_found", "Jörg \ud800")]
    for label in labels:
        append_label(path, label)

    read = read_labels(path)

    assert (read.labels[0], read.is_torn) == (labels[0], False)
    assert read.labels[1].who == "Jörg ?"


@pytest.mark.parametrize("torn", [b'{"who": "A', b"[]", b'{"who": "Ada", "kind": 3}'])
def test_a_torn_last_line_is_told_and_dropped(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "labels.jsonl"
    append_label(path, said(items()[0], "answer"))
    path.write_bytes(path.read_bytes() + torn)
    assert (len(read_labels(path).labels), read_labels(path).is_torn) == (1, True)

    append_label(path, said(items()[1], "supported"))

    assert [label.label for label in read_labels(path).labels] == ["answer", "supported"]
    assert torn not in path.read_bytes()


def test_a_last_line_without_its_end_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    append_label(path, said(items()[0], "answer"))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))

    append_label(path, said(items()[1], "supported"))

    assert [label.label for label in read_labels(path).labels] == ["answer", "supported"]


@pytest.mark.parametrize("line", ['{"cut', "[]", '{"who": 1}'])
def test_a_broken_line_in_the_middle_is_an_error_with_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "labels.jsonl"
    write(path, line + "\n")
    append_label(path, said(items()[0], "answer"))

    with pytest.raises(ResultsError, match="the line is no label") as raised:
        read_labels(path)
    assert str(raised.value.where).endswith("labels.jsonl:1")


def test_agreement_counts_the_last_label_of_each_person() -> None:
    whole, first, second = items()
    labels = [
        said(first, "contradicted"),
        said(first, "supported"),
        said(second, "not_found"),
        said(whole, "partial"),
        said(first, "not_found", "Bob"),
    ]

    lines = list(agreement_lines(labels))

    assert lines[0] == "4 labels by 2 people: Ada, Bob"
    assert "claims, scorer test 1: kappa 0.40, agree on 2 of 3 (95 % interval 0.21 to 0.94)" in lines
    assert "claims, Ada and Bob: kappa 0.00, agree on 0 of 1 (95 % interval 0.00 to 0.79)" in lines
    at = lines.index("answers, scorer test 1: kappa 0.00, agree on 0 of 1 (95 % interval 0.00 to 0.79)")
    assert lines[at + 3].split() == ["partial", "0", "0", "1"]
    assert next(agreement_lines([])) == "0 labels by 0 people"
    data = agreement_data(labels)
    assert (data["labels"], data["people"]) == (4, ["Ada", "Bob"])
    by_scorer, by_people, _ = data["agreement"]
    assert (by_scorer["one"], by_scorer["other"], by_scorer["both"], by_scorer["same"]) == (None, "test 1", 3, 2)
    assert by_scorer["kappa"] == pytest.approx(0.4)
    assert (by_people["one"], by_people["other"], by_people["said"]) == ("Ada", "Bob", [["supported", "not_found", 1]])


def test_a_table_goes_out_and_comes_back() -> None:
    all_ = items()
    text = table_text(all_, {all_[1].key: said(all_[1], "supported")})
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [one["label"] for one in rows] == ["", "supported", ""]
    rows[0]["label"], rows[2]["label"] = "A", "Not found"
    back = io.StringIO()
    writer = csv.DictWriter(back, fieldnames=list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)

    found = read_table("\ufeff" + back.getvalue(), all_, "x.csv")

    assert [label for _, label in found] == ["answer", "supported", "not_found"]


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@x", "\x1b]0;x\x07 a"])
def test_no_cell_is_a_formula_or_an_escape_sequence(text: str) -> None:
    (_, line) = table_text(items(hostile(text))[1:], {}).split("\r\n")[:2]

    cells = next(csv.reader([line]))
    assert not any(cell.startswith(("=", "+", "-", "@")) or "\x1b" in cell for cell in cells)


@pytest.mark.parametrize(
    ("table", "said_"),
    [
        ("a,b\n", "has no column item, label"),
        ("item,label\n123,s\n", "line 2: the run has no such item"),
        ("item,label\n{item},good\n", "line 2: the label 'good' is none of supported, contradicted, not_found"),
        ("item,label\n{item},a\n", "is none of supported"),
        ('item,label,claim\n{item},,"never closed\n{item},s,x\n', "is no CSV: unexpected end of data"),
    ],
)
def test_a_wrong_table_is_refused_whole(table: str, said_: str) -> None:
    with pytest.raises(ResultsError) as raised:
        read_table(table.replace("{item}", items()[1].key), items(), "x.csv")

    assert said_ in str(raised.value)


@pytest.fixture
def run(project: pytest.Pytester) -> Path:
    """A project with a run of one answer and its two claims."""
    folder = RunFolder(path=project.path / "results" / RUN)
    folder.append(row_data(row()))
    return project.path


def on_terminal(folder: Path, keys: list[str], *args: str) -> tuple[int, str]:
    """Run `harness review` on a pseudo-terminal; each key is pressed when the next screen is there."""
    main, other = pty.openpty()
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
    command = [sys.executable, "-m", "harness", "review", *args]
    process = subprocess.Popen(command, cwd=folder, stdin=other, stdout=other, stderr=other, env=environ)
    os.close(other)
    seen, waiting, end = "", list(keys), time.monotonic() + 20
    at = 0
    with suppress(OSError):  # the terminal is gone when the command is
        while time.monotonic() < end:
            if waiting and "q quit" in seen[at:]:
                at = len(seen)
                key = waiting.pop(0)
                if key == INTERRUPT:
                    process.send_signal(signal.SIGINT)
                else:
                    os.write(main, key.encode())
            if select.select([main], [], [], 0.1)[0]:
                data = os.read(main, 65_536)
                if not data:
                    break
                seen += data.decode("utf-8", "replace")
            elif process.poll() is not None:
                break
    os.close(main)
    return process.wait(10), seen


@pytest.mark.slow
def test_on_a_terminal_keys_become_labels(run: Path) -> None:
    code, seen = on_terminal(run, ["a", "s", "b", "c", "q"], "latest", "--as", "Ada")

    labels = read_labels(run / "results" / "labels.jsonl").labels
    assert code == 0, seen
    assert [(label.label, label.who) for label in labels] == [
        ("answer", "Ada"), ("supported", "Ada"), ("contradicted", "Ada"),
    ]  # fmt: skip
    assert "\x1b[1;7mYou may keep a book for 28 days." in seen  # the claim stands out
    assert "passage (library.md, page 2)" in re.sub(r"\x1b\[[0-9;]*m", "", seen)
    assert "2 of 3 labelled: 1 answer, 1 contradicted" in seen

    code, seen = on_terminal(run, ["n"], "latest", "--as", "Ada")

    assert "1 of 1 labelled: 1 not_found" in seen
    assert len(read_labels(run / "results" / "labels.jsonl").labels) == 4


@pytest.mark.slow
def test_a_hostile_answer_cannot_drive_the_terminal(run: Path) -> None:
    folder = RunFolder(path=run / "results" / "2026-11-23T11-00-00-abcd")
    folder.append(row_data(hostile("Hi \x1b]0;owned\x07 \x1b[2J \u202e there [bold]x[/bold] \x9b31m.")))

    code, seen = on_terminal(run, ["\x1b[C", INTERRUPT], "latest", "--as", "Ada")

    assert code == 0
    assert "\x1b]0;" not in seen
    assert "\u202e" not in seen
    assert "\x9b" not in seen
    assert "[bold]x[/bold]" in seen
    assert "0 of 2 labelled" in seen


@pytest.mark.slow
def test_without_a_terminal_a_table_is_the_way(run: Path, project: pytest.Pytester) -> None:
    result = harness(project, "review", "latest", "--as", "Ada")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["harness: *no terminal*", "*--export*"])

    assert harness(project, "review", "latest", "--as", "Ada", "--export", "out.csv").ret == 0
    table = (run / "out.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    write(
        run / "in.csv", "item,label\n" + "".join(f"{one['item']},{key}\n" for one, key in zip(rows, "rsn", strict=True))
    )
    result = harness(project, "review", "latest", "--as", "Ada", "--import", "in.csv")
    assert "3 labels taken over, 0 there already" in result.stdout.str()
    result = harness(project, "review", "latest", "--as", "Ada", "--import", "in.csv")
    assert "0 labels taken over, 3 there already" in result.stdout.str()

    result = harness(project, "review", "--agreement")
    result.stdout.fnmatch_lines(
        ["3 labels by 1 person: Ada", "claims, scorer test 1: kappa 1.00*", "answers, *kappa 0.00*"]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "said_"),
    [
        (["latest", "--only", "good"], "allowed are disagreeing, unlabelled, failed"),
        (["latest", "--sample", "0"], "wanted is a whole number from 1"),
        (["latest", "--as", " "], "the name is empty"),
        (["--as", "Ada"], "no run is named"),
        (["nothing", "--as", "Ada"], "there is no run 'nothing'"),
        (["latest", "--as", "Ada", "--import", "no.csv"], "cannot be read"),
        (["latest"], "nobody is named"),
    ],
)
def test_a_wrong_call_is_a_message(
    run: Path, project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, args: list[str], said_: str
) -> None:
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    result = harness(project, "review", *args)

    assert result.ret == 4
    assert said_ in result.stderr.str()
    assert not (run / "results" / "labels.jsonl").exists()


def test_what_is_kept_is_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    append_label(path, said(items()[1], "supported"))

    data = json.loads(path.read_text())

    assert data["said"] == {"test 1": "supported"}
    assert data["documents"] == {"library.md": "ab" * 32}
    assert (data["node"], data["turn"], data["kind"]) == ("cases/library.yaml::loan", 1, "claim")


def test_a_clarifying_question_counts_as_in_verdicts() -> None:
    judged = score(behaviour=Behaviour.CLARIFYING, claims=())

    (item,) = items(row(judged=judged))

    assert item.said == {"test 1": "refusal"}
