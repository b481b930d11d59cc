from typing import Any

import pytest

from harness.casefile.problems import Unquoted
from harness.casefile.yaml_reader import read_yaml
from harness.errors import CaseFileError


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: 1_000", 1000),
        ("a: -3", -3),
        ("a: 2.50", 2.5),
        ("a: '010'", "010"),
        ("a: 010", Unquoted(reading="the number 8", spelling="010")),
        ("a: 1:30", Unquoted(reading="the number 90", spelling="1:30")),
        ("a: 1:30.5", Unquoted(reading="the number 90.5", spelling="1:30.5")),
        ("a: on", Unquoted(reading="the boolean true", spelling="on", truth=True)),
        ("a: 2026-08-26", Unquoted(reading="a date", spelling="2026-08-26")),
        ("a: ~", None),
        ("a:", None),
        ("a: !!str 12", "12"),
        ("a: [x, {b: y}]", ["x", {"b": "y"}]),
        ("x: &n [1]\na: *n", [1]),
    ],
)
def test_values_are_read_plainly_and_surprises_are_kept_apart(text: str, data: Any) -> None:
    parsed = read_yaml(text, "s.yaml")
    assert parsed.data["a"] == data
    assert not parsed.problems


def test_every_value_has_its_line() -> None:
    lines = read_yaml("a:\n  - x\n  - b: |\n      long\n      text\n    c: 1\n", "s.yaml").lines
    assert {path: line for path, line in lines.items() if path} == {
        ("a",): 1,
        ("a", 0): 2,
        ("a", 1): 3,
        ("a", 1, "b"): 3,
        ("a", 1, "c"): 6,
    }


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: x\nb: [1, 2\nc: 3\n", 3, "is no YAML"),
        ("a:\n\tb: 1\n", 2, "spaces, never with tabs"),
        ("a: b: c\n", 1, "a: b: c"),
        ("a: 'x\n", 2, "is no YAML"),
        ("a: *nobody\n", 1, "undefined alias"),
        ("a: 1\n---\nb: 2\n", 2, "is no YAML"),
        ("a: x\nb: \x07\n", 2, "is no YAML"),
        ("a: " + "[" * 5000, 1, "nested more than"),
        ("a: &a [*a]\n", 1, "an alias that holds itself"),
        (
            "a: &a [x, x, x, x, x, x, x, x, x]\n"
            + "".join(f"{n}: &{n} [{', '.join(['*' + chr(ord(n) - 1)] * 9)}]\n" for n in "bcdefghij"),
            1,
            "more than 200,000 values",
        ),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(CaseFileError) as caught:
        read_yaml(text, "s.yaml")
    assert words in str(caught.value)
    assert caught.value.where == f"s.yaml:{line}"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key stands twice, in line 1 and in line 3"),
        ("x: &x {b: 1}\na:\n  <<: *x\n", 3, "merge keys"),
        ("a: {{ price }}\n", 1, "a key is text; where a text starts with `{`"),
        ("a: !!python/object:os.system {}\n", 1, "the tag `!!python/object:os.system` is not allowed"),
        ("a: !mine x\n", 1, "the tag `!mine` is not allowed"),
        ("a: !!binary aGk=\n", 1, "the tag `!!binary` is not allowed"),
        ("a: !!int abc\n", 1, "is no int"),
        ("a: " + "9" * 5000 + "\n", 1, "is no int"),
        ("a: 2026-99-99\n", None, ""),
    ],
)
def test_what_yaml_allows_and_a_suite_does_not_is_reported(text: str, line: int | None, words: str) -> None:
    problems = read_yaml(text, "s.yaml").problems
    assert [problem.line for problem in problems] == ([line] if line else [])
    assert all(words in problem.text for problem in problems)
