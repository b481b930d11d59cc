"""The fixture `ask` in tests written in Python."""

import socket

import pytest
from conftest import SUITE, write

TEST = """
def test_loan(ask):
    asked = ask("For how many days may members borrow books?", documents=["library.md"])
    assert asked.states(28, {"number": 28, "unit": "days"}, "28 days")
    assert asked.cites("library.md")
    assert asked.is_grounded
    assert not asked.is_refused
    assert not asked.states(29)

class TestOthers:
    def test_twice(self, ask):
        assert ask("What does a late book cost a day?", documents=["library.md"]).states({"number": 0.2})
        assert ask("Who is the head librarian?", documents=["library.md"], expect="refuse").is_refused
"""


@pytest.fixture
def asking(project: pytest.Pytester) -> pytest.Pytester:
    write(project.path / "tests" / "test_library.py", TEST)
    return project


@pytest.mark.slow
def test_answers_are_recorded_by_the_tests_name_and_replayed_without_a_socket(
    asking: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking.runpytest("tests").assert_outcomes(passed=2)
    recorded = {path.parent.name for path in asking.path.glob("cassettes/_tests/test_library/*/*.yaml")}
    assert recorded == {"test_loan", "TestOthers.test_twice", "TestOthers.test_twice-2"}

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    asking.runpytest("tests", "--harness-record=none").assert_outcomes(passed=2)


def test_without_a_recording_mode_none_says_how_to_make_one(asking: pytest.Pytester) -> None:
    result = asking.runpytest("tests", "--harness-record=none", "-k", "loan")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*no recording, and mode `none` makes none*", "*hint: record it: pytest 'tests/test_*"]
    )


@pytest.mark.slow
def test_a_failure_shows_what_was_asked_answered_and_looked_for(asking: pytest.Pytester) -> None:
    write(
        asking.path / "tests" / "test_wrong.py",
        "def test_wrong(ask):\n"
        '    assert ask("How long may I borrow books?", documents=["library.md"]).states(940.92)\n',
    )
    result = asking.runpytest("tests/test_wrong.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*assert <not stated: 940.92; the answer: *28 days*",
            "*what was asked*",
            "prompt:",
            "  How long may I borrow books?",
            "answer (answered):",
            "looked for, and did not find: 940.92",
            "recorded: cassettes/_tests/test_wrong/test_wrong/default.assistants.extractive.1.yaml",
        ]
    )


@pytest.mark.slow
def test_a_suites_assistant_can_be_asked(asking: pytest.Pytester) -> None:
    write(
        asking.path / "tests" / "test_suite.py",
        "def test_it(ask):\n"
        '    asked = ask("Who is the head librarian?", suite="cases/library.yaml", model="extractive")\n'
        '    assert asked.is_refused and asked.text == "Sorry, I can\'t find that."\n',
    )
    write(asking.path / "cases" / "library.yaml", SUITE)
    asking.runpytest("tests/test_suite.py").assert_outcomes(passed=1)


MISUSE = [
    ('"How long?", documents=["libary.md"]', "there is no document 'libary.md'*did you mean `library.md`"),
    ('"How long?", documents=["../library.md"]', "*'../library.md' lies outside*"),
    ('"How long?", suite="cases/none.yaml"', "cases/none.yaml*can't be read"),
    ('""', "prompt: is empty"),
    ('" "', "prompt: is empty"),
    ("3", "prompt: found 3, a text is wanted"),
    ("None", "prompt: found None, a text is wanted"),
    ('"How long?", suite=3', "suite: found 3, a text is wanted"),
    ('"How long?", documents="library.md"', "documents: found 'library.md', a list of names is wanted"),
    ('"How long?", documents=[3]', "documents: found [[]3], a list of names is wanted"),
    ('"How long?", expect="refused"', "expect: found 'refused'; did you mean `refuse`? allowed: answer, refuse*"),
]
"""What a test says wrongly, and what it is told."""


def test_what_cannot_be_used_is_told_without_our_own_frames(asking: pytest.Pytester) -> None:
    tests = (f"def test_bad_{number}(ask):\n    ask({call})\n" for number, (call, _) in enumerate(MISUSE))
    write(asking.path / "tests" / "test_bad.py", "\n".join(tests))
    result = asking.runpytest("tests/test_bad.py")
    result.assert_outcomes(failed=len(MISUSE))
    result.stdout.fnmatch_lines([f"ask: *{words}*" for _, words in MISUSE])
    for frame in ("*asking.py*", "*During handling*"):
        result.stdout.no_fnmatch_line(frame)


@pytest.mark.slow
def test_facts_that_are_none_are_told(asking: pytest.Pytester) -> None:
    asked = 'ask("How long may I borrow books?", documents=["library.md"])'
    tests = f"def test_one(ask):\n    {asked}.states(28, {{'numbr': 1}})\n\ndef test_two(ask):\n    {asked}.states()\n"
    write(asking.path / "tests" / "test_bad.py", tests)
    result = asking.runpytest("tests/test_bad.py")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["states: facts[[]1]: numbr: unknown key; did you mean `number`*", "states: no fact is given*"]
    )
    result.stdout.no_fnmatch_line("*asking.py*")


def test_outside_a_project_it_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(ask):\n    ask('?')\n")
    result = pytester.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*`ask` needs a project*"])


def test_a_session_that_asks_nothing_loads_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\n\ndef test_it():\n"
        "    assert not {'harness.pytest_plugin.asking', 'harness.pipeline', 'pydantic', 'duckdb'} & set(sys.modules)\n"
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.slow
def test_recordings_of_tests_are_no_orphans_of_the_suites(asking: pytest.Pytester) -> None:
    from harness.cassettes.library import Library

    asking.runpytest("cases", "tests").assert_outcomes(passed=4)
    folder = asking.path / "cassettes"
    library = Library(root=asking.path, folder=folder, mode="none")
    assert {path.relative_to(folder).parts[0] for path in library.case_files()} == {"library"}
