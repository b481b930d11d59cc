"""Fill in `for_each`: one case a row of a CSV file."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.casefile.problems import Origin, Problem, ValuePath
from harness.casefile.sandbox import sandbox
from harness.config import did_you_mean

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_ROWS = 10_000
MAX_TEXT = 100_000
"""Characters that one filled-in text may have."""

Row: TypeAlias = Mapping[str, str]


class TemplateProblem(ValueError):
    """A template that cannot be filled in; its arguments are the path within the case and what is wrong."""


def fill_cases(
    cases: Sequence[Any], read: Callable[[str], str], problems: list[Problem]
) -> tuple[list[Any], list[Origin]]:
    """Return the cases with `for_each` filled in, and where each of them comes from.

    Args:
        cases: As they stand in the suite.
        read: From the path of a CSV file to its text; raises ValueError.
        problems: Takes what is wrong. A case that cannot be filled in is returned as it stands.
    """
    filled: list[Any] = []
    origins: list[Origin] = []
    for index, case in enumerate(cases):
        name = case.get("for_each") if isinstance(case, dict) else None
        pairs = [(case, Origin(index=index))]
        if isinstance(name, str):
            try:
                rows = list(_rows(read(name), name))
                copies = _copies(case, [row for _, row in rows])
                pairs = [
                    (copy, Origin(index=index, row=f"{name}:{line}"))
                    for copy, (line, _) in zip(copies, rows, strict=True)
                ]
            except TemplateProblem as problem:
                path, text = problem.args
                problems.append(Problem(path=("cases", index, *path), text=f"{text} ({name})"))
            except (ValueError, csv.Error) as error:
                problems.append(Problem(path=("cases", index, "for_each"), text=str(error)))
        filled += [case for case, _ in pairs]
        origins += [origin for _, origin in pairs]
    return filled, origins


def _rows(text: str, name: str) -> Iterator[tuple[int, Row]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns = [column.strip() for column in next(reader, [])]
    if not all(columns) or len(set(columns)) < len(columns) or not columns:
        raise ValueError(f"{name}:1: its first line names the columns, each once and none empty")
    count = 0
    for cells in reader:
        if not cells:
            continue
        count += 1
        if len(cells) != len(columns):
            raise ValueError(f"{name}:{reader.line_num}: found {len(cells)} cells for {len(columns)} columns")
        if count > MAX_ROWS:
            raise ValueError(f"{name} has more than {MAX_ROWS:,} rows")
        yield reader.line_num, dict(zip(columns, cells, strict=True))
    if not count:
        raise ValueError(f"{name} has no rows below its header")


def _copies(case: Mapping[str, Any], rows: Sequence[Row]) -> list[dict[str, Any]]:
    template = {key: value for key, value in case.items() if key != "for_each"}
    filler = _Filler(environment=sandbox(keep_trailing_newline=True), templates={}, columns=tuple(rows[0]))
    copies = []
    for number, row in enumerate(rows, start=1):
        copy = {key: filler.fill(value, row, (key,)) for key, value in template.items()}
        if isinstance(copy.get("id"), str) and copy["id"] == template["id"]:
            copy["id"] = f"{copy['id']}-{number}"
        copies.append(copy)
    return copies


@dataclass(frozen=True, kw_only=True, slots=True)
class _Filler:
    environment: "ImmutableSandboxedEnvironment"
    templates: dict[str, "Template"]
    columns: tuple[str, ...]

    def fill(self, value: Any, row: Row, path: ValuePath) -> Any:
        if isinstance(value, dict):
            return {key: self.fill(item, row, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item, row, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, str) or "{" not in value:
            return value
        try:
            text = self._template(value).render({"row": row, **row})
        except TemplateProblem as problem:
            raise TemplateProblem(path, *problem.args) from None
        except Exception as error:  # noqa: BLE001  # a template is its author's program: anything can be raised in it
            raise TemplateProblem(path, f"can't be filled in: {error}") from None
        if len(text) > MAX_TEXT:
            raise TemplateProblem(path, f"has more than {MAX_TEXT:,} characters once it is filled in")
        return text

    def _template(self, text: str) -> "Template":
        if text in self.templates:
            return self.templates[text]
        from jinja2.meta import find_undeclared_variables

        for name in sorted(find_undeclared_variables(self.environment.parse(text)) - {"row", *self.columns}):
            near = did_you_mean(name, self.columns)
            raise TemplateProblem(f"there is no column `{name}`{near or ';'} columns: {', '.join(self.columns)}")
        self.templates[text] = self.environment.from_string(text)
        return self.templates[text]
