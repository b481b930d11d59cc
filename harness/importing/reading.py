"""Files of other programs as plain data: YAML as JavaScript reads it, JSON lines, tables; nothing outside a folder."""

import copy
import csv
import io
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from harness.casefile.files import read_utf8
from harness.casefile.yaml_reader import check_depth
from harness.errors import CaseFileError

MAX_VALUES = 200_000
"""Aliases repeat what they point at: ten lines of them can stand for billions of values."""
MAX_TESTS = 10_000
MAX_READS = 10_000
MAX_FILE_BYTES = 64_000_000
"""Of a document that is taken over."""
_QUOTES = 'a cell in quotation marks ends with one; inside of it each is written twice: "a ""b"" c"'

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is ten times faster, where it was built
_KEPT = {"tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"}


class _Loader(_Base):  # type: ignore[misc]  # its base is one of two classes
    """YAML 1.2: `yes`, `2026-08-26`, `12:30` and `010` are texts."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] in _KEPT] for first, pairs in _Base.yaml_implicit_resolvers.items()
}
for _tag, _form, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$", "-+0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_form), list(_first))


def parse_yaml(text: str, where: str) -> Any:
    """Read YAML (or JSON) as plain data.

    Raises:
        CaseFileError: It is no YAML, nested too deeply or too large.
    """
    try:
        check_depth(text, where, _Loader)
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, only with fewer kinds of scalars
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}:{mark.line + 1}" if mark else where
        reason = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise CaseFileError(f"is no YAML: {reason}", where=place) from None
    except (ValueError, OverflowError) as error:  # a number of thousands of digits
        raise CaseFileError(f"is no YAML: {str(error)[:200]}", where=where) from None
    _check_size(data, where)
    return data


def _check_size(data: Any, where: str) -> None:
    waiting, seen = [data], 0
    while waiting:
        one = waiting.pop()
        seen += 1
        if seen > MAX_VALUES:
            raise CaseFileError(f"holds more than {MAX_VALUES:,} values once its aliases are filled in", where=where)
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def parse_json_lines(text: str, where: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read JSON lines, each with its number from 1.

    Raises:
        CaseFileError: A line is no JSON object, or there are too many.
    """
    count = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CaseFileError(f"is no JSON: {str(error)[:200]}", where=f"{where}:{number}") from None
        if not isinstance(data, dict):
            raise CaseFileError("a JSON object a line is wanted", where=f"{where}:{number}")
        count += 1
        _check_count(count, where)
        yield number, data


def parse_table(text: str, where: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a CSV file with a header, each row with the number of its last line. `;` and tabs separate too.

    Raises:
        CaseFileError: It has no header, or one that names a column twice; a row has more cells than the header; a
            quotation mark is never closed; or there are too many rows.
    """
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    count, line = 0, 1
    try:
        columns = _columns(next(reader, []), where)
        for cells in reader:
            line = reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(columns):
                what = f"found {len(cells)} cells for {len(columns)} columns"
                raise CaseFileError(what, where=f"{where}:{reader.line_num}")
            count += 1
            _check_count(count, where)
            yield reader.line_num, dict(zip(columns, cells, strict=False))
    except csv.Error as error:  # of quotation marks mostly: without them one cell would hold the rest of the file
        raise CaseFileError(f"is no CSV: {error}", where=f"{where}:{line}", hint=_QUOTES) from None


def _columns(head: list[str], where: str) -> list[str]:
    columns = [column.strip() for column in head]
    if not any(columns):
        raise CaseFileError("its first line names the columns", where=f"{where}:1")
    twice = next((name for at, name in enumerate(columns) if name and name in columns[:at]), None)
    if twice is not None:
        raise CaseFileError(f"two columns are named {twice!r}", where=f"{where}:1", hint="rename or delete one of them")
    return columns


def _check_count(count: int, where: str) -> None:
    if count > MAX_TESTS:
        raise CaseFileError(f"has more than {MAX_TESTS:,} tests", where=where)


class Beside:
    """The folder of an imported file: what it refers to is read from there and nowhere else."""

    def __init__(self, folder: Path, inside: Path | None = None) -> None:
        self._folder = folder.resolve()
        self._open = frozenset([inside.resolve()] if inside else [])
        """The files that are being read: one that refers to itself would never end."""
        self._reads = itertools.count(1)

    def inside(self, name: str) -> "Beside":
        """Return the folder as it is seen from one of its files.

        Raises:
            ValueError: As for `path`.
        """
        other = copy.copy(self)  # the count of reads is shared
        other._open = self._open | {self.path(name)}  # noqa: SLF001 - its own
        return other

    def path(self, name: str) -> Path:
        """Return the file of a name or `file://` reference.

        Raises:
            ValueError: It is outside the folder, hidden, or not there.
        """
        plain = name.removeprefix("file://")
        path = (self._folder / plain).resolve()  # follows links: what counts is where the bytes are
        if not path.is_relative_to(self._folder):
            raise ValueError(f"{plain!r} lies outside the folder of the imported file")
        if any(part.startswith(".") for part in path.relative_to(self._folder).parts):
            raise ValueError(f"{plain!r} is hidden: what starts with a dot is not read")
        if not path.is_file():
            raise ValueError(f"there is no file {plain!r} beside the imported file")
        if path in self._open:
            raise ValueError(f"{plain!r} refers to itself")
        return path

    def text(self, name: str) -> str:
        """Read a text file.

        Raises:
            ValueError: As for `path`; or it is no UTF-8, or too large.
        """
        path = self.path(name)
        if next(self._reads) > MAX_READS:
            raise ValueError(f"more than {MAX_READS:,} files are referred to")
        return read_utf8(path)

    def data(self, name: str) -> Any:
        """Read a YAML or JSON file.

        Raises:
            ValueError: As for `text`.
            CaseFileError: It is no YAML.
        """
        return parse_yaml(self.text(name), name.removeprefix("file://"))

    def content(self, name: str) -> bytes:
        """Read a document.

        Raises:
            ValueError: As for `path`; or it is too large.
        """
        path = self.path(name)
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"{path.name} is larger than {MAX_FILE_BYTES:,} bytes")
        return path.read_bytes()

    def names(self, pattern: str) -> list[str]:
        """Return the names that a reference means: itself, or what fits its `*`.

        Raises:
            ValueError: Nothing fits.
        """
        plain = pattern.removeprefix("file://").removeprefix("./")
        if "*" not in plain:
            return [plain]
        if plain.startswith("/") or ".." in Path(plain).parts:
            raise ValueError(f"{plain!r} lies outside the folder of the imported file")
        found = sorted(path for path in self._folder.glob(plain) if path.is_file())
        if not found:
            raise ValueError(f"no file fits {plain!r}")
        return [path.relative_to(self._folder).as_posix() for path in found]
