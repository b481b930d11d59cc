"""The floors of the design: a module imports from floors below its own, or from its own package."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness

PACKAGE = Path(harness.__file__).parent
FLOORS = [
    {"errors", "model", "options"},
    {"documents", "config", "embedded", "statistics"},
    {"casefile", "cassettes", "targets", "scoring", "results"},
    {"gate", "labels"},
    {"report"},
    {"compare", "importing", "review"},
    {"plan", "run", "answer"},
    {"migrating", "pipeline"},
    {"session"},
    {"cluster"},
    {"cli", "pytest_plugin"},
    {"__main__"},
]
SERVER_MAY_IMPORT = {"errors", "documents"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def _room(path: Path) -> str:
    """Return the module or package directly below `harness` that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imported_rooms(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            if node.module == "harness":
                yield from (alias.name for alias in node.names)
            elif (node.module or "").startswith("harness."):
                yield str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("harness."))


def _floor(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def test_every_room_has_a_floor() -> None:
    rooms = {_room(path) for path in MODULES} - {"__init__", "server"}

    assert rooms == set().union(*FLOORS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_come_from_floors_below(path: Path) -> None:
    room = _room(path)
    others = set(_imported_rooms(path)) - {room}

    if room == "server":
        assert others <= SERVER_MAY_IMPORT
    elif room != "__init__":
        assert {other for other in others if other == "server" or _floor(other) >= _floor(room)} == set()


def test_modules_stay_small() -> None:
    long = {path.relative_to(PACKAGE).as_posix() for path in MODULES if len(path.read_text().splitlines()) > 400}

    assert long == set()


def test_ray_is_imported_in_one_place_only() -> None:
    imports = re.compile(r"^\s*(import|from) ray\b", re.MULTILINE)

    assert {_room(path) for path in MODULES if imports.search(path.read_text(encoding="utf-8"))} == {"cluster"}
