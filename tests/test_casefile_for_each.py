# ruff: noqa: E501  # in a table of bad rows each stays on one line
from pathlib import Path

import pytest
from casefile_support import load

from harness.errors import CaseFileError
from harness.model.facts import Number, Text

SUITE = """\
documents: [a.md]
cases:
  - id: first
    prompt: Hello?
  - id: {id}
    for_each: rows.csv
    prompt: What costs the {{{{ thing }}}}?
    expected_facts: [{{number: '{{{{ price }}}}'}}, "{{{{ row['in words'] }}}}"]
    expect: "{{{{ expect }}}}"
"""
ROWS = "thing,price,in words,expect\nlamp,12.50,twelve and a half,answer\nchair,40,forty,answer\n"


def test_each_row_becomes_a_case_with_its_columns_filled_in(tmp_path: Path) -> None:
    loaded = load(tmp_path, SUITE.format(id='"price-of-{{ thing }}"'), rows__csv=ROWS)
    _, lamp, chair = loaded.suite.cases
    assert [lamp.id, chair.id] == ["price-of-lamp", "price-of-chair"]
    assert lamp.prompt == "What costs the lamp?"
    assert lamp.expected_facts == (Number(number=12.5), Text(text="twelve and a half"))
    assert chair.expect == "answer"
    assert loaded.lines == {"first": 3, "price-of-lamp": 5, "price-of-chair": 5}


def test_an_id_without_a_column_is_numbered(tmp_path: Path) -> None:
    loaded = load(tmp_path, SUITE.format(id="price"), rows__csv=ROWS)
    assert [case.id for case in loaded.suite.cases] == ["first", "price-1", "price-2"]


@pytest.mark.parametrize(
    ("rows", "line", "words"),
    [
        ("thin,price,in words,expect\na,1,b,answer\n", 5, "cases[1].id: there is no column `thing`; did you mean `thin`?"),
        ("thing,price,in words,expect\n", 6, "cases[1].for_each: rows.csv has no rows"),
        ("thing,thing\na,b\n", 6, "names the columns, each once"),
        ("", 6, "names the columns"),
        (ROWS + "x,1\n", 6, "rows.csv:4: found 2 cells for 4 columns"),
        (ROWS + '"x,1,2,answer\n', 6, "cases[1].for_each: unexpected end of data"),
        (ROWS + "x,many,y,answer\n", 8, "cases[1].expected_facts[0].number: found the text 'many', a number is wanted (rows.csv:4)"),
        (ROWS + "x,1,y,refusal\n", 9, "did you mean `refuse`? allowed: answer, refuse (rows.csv:4)"),
        (ROWS + "a b,1,y,answer\n", 5, "`id` is 'of-a b'"),
        (ROWS + "lamp,1,y,answer\n", 5, "two cases have the id 'of-lamp' (lines 5 and 5) (rows.csv:4)"),
    ],
)  # fmt: skip
def test_bad_rows_are_refused_with_their_place(tmp_path: Path, rows: str, line: int, words: str) -> None:
    with pytest.raises(CaseFileError) as caught:
        load(tmp_path, SUITE.format(id='"of-{{ thing }}"'), rows__csv=rows)
    assert str(caught.value).startswith(f"cases/suite.yaml:{line}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ n.__class__.__mro__ }}", "can't be filled in: access to attribute"),
        ("{{ n / 0 }}", "can't be filled in: unsupported operand"),
        ("{{ n", "can't be filled in: unexpected end of template"),
        ("{{ row['m'] }}", "can't be filled in: 'dict object' has no attribute 'm'"),
        ("{{ n * 200000 }}", "more than 100,000 characters"),
        ("{% for i in range(9) %}x{% endfor %}", "there is no column `range`"),
    ],
)
def test_templates_that_fail_or_break_out_are_refused(tmp_path: Path, template: str, words: str) -> None:
    suite = f'cases:\n  - id: a\n    for_each: rows.csv\n    prompt: "{template}"\n'
    with pytest.raises(CaseFileError, match=r"suite\.yaml:4: cases\[0\]\.prompt") as caught:
        load(tmp_path, suite, rows__csv="n\nx\n" if "200000" not in template else "n\n0\n")
    assert words in str(caught.value)


def test_a_cell_is_no_template_and_no_variable(tmp_path: Path) -> None:
    suite = 'cases:\n  - id: a\n    for_each: rows.csv\n    prompt: "{{ n }}"\n'
    loaded = load(tmp_path, suite, {"A_KEY": "secret"}, rows__csv="n\n${A_KEY} {{ n }}\n")
    assert loaded.suite.cases[0].prompt == "${A_KEY} {{ n }}"


def test_braces_mean_nothing_without_for_each(tmp_path: Path) -> None:
    assert load(tmp_path, "cases: [{id: a, prompt: 'x {{ y }}'}]").suite.cases[0].prompt == "x {{ y }}"


def test_an_error_in_the_template_is_told_once_and_not_for_each_row(tmp_path: Path) -> None:
    suite = 'cases:\n  - id: a\n    for_each: rows.csv\n    prompt: "{{ n }}"\n    promt: x\n'
    with pytest.raises(CaseFileError, match="unknown key") as caught:
        load(tmp_path, suite, rows__csv="n\nx\ny\nz\n")
    assert caught.value.where == "cases/suite.yaml:5"
