"""The project: its root, its folders, and `[tool.harness]` of its pyproject.toml."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any

from harness.config.spelling import did_you_mean
from harness.errors import ConfigError

MEGABYTE = 1_000_000

_OBJECT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """Where a project keeps what."""

    root: Path
    """The folder of pyproject.toml, absolute."""
    cases: Path
    """Suites, absolute."""
    fixtures: Path
    """Documents, absolute."""
    cassettes: Path
    """Recordings, absolute."""
    results: Path
    """Runs, absolute."""
    max_document_mb: float
    """A larger document is refused; a megabyte has 1,000,000 bytes."""

    @property
    def max_document_bytes(self) -> int:
        """`max_document_mb` in bytes."""
        return int(self.max_document_mb * MEGABYTE)

    def relative(self, path: Path) -> str:
        """Return a path as errors and results name it: relative to the root where it lies below."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """`[tool.harness]` of pyproject.toml, checked for form. The names are the keys."""

    cases: str = "cases"
    fixtures: str = "fixtures"
    cassettes: str = "cassettes"
    results: str = "results"
    endpoint: str | None = None
    api_key_env: str | None = None
    model: str | None = None
    target: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 120
    max_retries: int = 5
    reuse_uploads: bool = False
    ca_file: str | None = None
    max_document_mb: float = 64
    concurrency: int = 8
    requests_per_minute: int | None = None
    trials: int = 1
    record: str | None = None
    min_groundedness: float | None = None
    judge: Mapping[str, Any] = field(default_factory=dict)
    gate: Mapping[str, Any] = field(default_factory=dict)
    prices: str | None = None
    scrubbers: Sequence[str] = ()


def find_root(start: Path) -> Path | None:
    """Return the nearest folder, from `start` upwards, whose pyproject.toml has a `[tool.harness]` table.

    Raises:
        ConfigError: A pyproject.toml on the way speaks of this program and is no TOML.
    """
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if _tool_table(folder) is not None), None)


def find_project(start: Path) -> Project:
    """Return the project that a folder belongs to.

    Raises:
        ConfigError: It belongs to none, or the project's settings cannot be used.
    """
    root = find_root(start)
    if root is None:
        raise ConfigError(
            "no pyproject.toml with a [tool.harness] table here or in a folder above",
            where=str(start.resolve()),
            hint="change to your project's folder, or make one: harness init",
        )
    return project_of(root, read_table(root))


def read_table(root: Path) -> Table:
    """Read `[tool.harness]`; the defaults where there is none.

    Raises:
        ConfigError: A key that does not exist, or a value of the wrong kind.
    """
    table = _tool_table(root)
    if table is None:
        return Table()
    if not isinstance(table, dict):
        raise ConfigError(f"found {table!r}, a table is wanted", where="pyproject.toml: [tool.harness]")
    for key in table:
        if key not in _CHECKS:
            raise ConfigError(
                f"unknown key{did_you_mean(key, _CHECKS)}", where=option(key), hint=f"allowed: {', '.join(_CHECKS)}"
            )
    for key, value in table.items():
        wanted, is_right = _CHECKS[key]
        if not is_right(value):
            raise ConfigError(f"found {value!r}, wanted is {wanted}", where=option(key))
    return Table(**table)


def project_of(root: Path, table: Table) -> Project:
    """Return where the project keeps what.

    Raises:
        ConfigError: A folder outside the project.
    """
    root = root.resolve()
    names = ("cases", "fixtures", "cassettes", "results")
    folders = {name: _inside(root, name, getattr(table, name)) for name in names}
    return Project(root=root, **folders, max_document_mb=table.max_document_mb)


def option(key: str) -> str:
    """Name a key of `[tool.harness]`, for errors."""
    return f"pyproject.toml: [tool.harness] {key}"


def _inside(root: Path, key: str, name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in name:
        raise ConfigError(f"found {name!r}, wanted is a folder inside the project, with `/`", where=option(key))
    return root / path


def _tool_table(folder: Path) -> Any:
    path = folder / "pyproject.toml"
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if b"harness" not in content:
        return None  # a stranger's file is not even parsed: what is wrong in it is not ours to say
    try:
        tool = tomllib.loads(content.decode("utf-8")).get("tool")
    except ValueError as error:  # no TOML, or no UTF-8
        raise ConfigError(f"is no TOML: {error}", where=str(path)) from None
    return tool.get("harness") if isinstance(tool, dict) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_positive(value: Any) -> bool:
    return _is_number(value) and 0 < value < float("inf")


def _are_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and _OBJECT.fullmatch(name) for name in value)


_TEXT: tuple[str, Callable[[Any], bool]] = ("text", lambda value: isinstance(value, str) and bool(value.strip()))
_WHOLE: tuple[str, Callable[[Any], bool]] = (
    "a whole number from 1",
    lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0,
)
_POSITIVE: tuple[str, Callable[[Any], bool]] = ("a number above 0", _is_positive)
_CHECKS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    **{key.name: _TEXT for key in fields(Table)},
    "headers": (
        "a table of texts",
        lambda value: isinstance(value, dict) and all(isinstance(header, str) for header in value.values()),
    ),
    "timeout_s": _POSITIVE,
    "max_document_mb": _POSITIVE,
    "concurrency": _WHOLE,
    "requests_per_minute": _WHOLE,
    "trials": _WHOLE,
    "max_retries": (
        "a whole number from 0",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
    ),
    "reuse_uploads": ("true or false", lambda value: isinstance(value, bool)),
    "min_groundedness": ("a number from 0 to 1", lambda value: _is_number(value) and 0 <= value <= 1),
    "gate": ("a table of limits", lambda value: isinstance(value, dict)),
    "judge": ("a table with `model` and `endpoint`", lambda value: isinstance(value, dict)),
    "scrubbers": ('a list of "package.module:name"', _are_objects),
}
"""What each key wants, in words and as a test."""
