"""The pages on the command line, made of the commands: `python -m harness.cli.manual` writes `docs/cli.md`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.core import TyperArgument, TyperOption
from typer.main import get_command

from harness.cli.app import app
from harness.cli.arguments import RUN
from harness.cli.codes import MEANINGS
from harness.cli.group import commands_of, longest, options_of, variable
from harness.cli.keys import SHAPES, Shape

PATH = Path(__file__).parents[2] / "docs" / "cli.md"
"""The committed file; a checkout has it, an installed package has not."""
_NL = "\n"
_HEAD = f"""\
# Command line

Made by `python -m harness.cli.manual` of the commands themselves: change those, not this file. `harness COMMAND --help`
says the same. `harness --install-completion` makes your shell complete commands, options and runs.

- *RUN* is {RUN}.
- *CASE* is a case's id (`dearest-laptop`) or its pytest node id (`cases/products.yaml::dearest-laptop[careful]`).
- Data and findings go to standard output; progress, notes and errors to standard error. Colours are left out where
  there is no terminal, and where `NO_COLOR` is set.

## Exit codes

pytest's, where they mean the same; `pytest cases/` ends with the same ones.

| code | means |
|---|---|
"""
_DATA = """\

## Data for machines

`--json` prints one JSON document, in ASCII, and nothing else to standard output; `--format` is there where a command
has several forms, and `--format json` is `--json`. Keys are only added. Exit codes are the same as without it.

## The environment

Each option can be said by a variable; the tables name it. The command line wins over the variable. Options of runs,
which pytest has too, are `HARNESS_<OPTION>` (`HARNESS_MODEL`) and may stand in `.env` of the project as well. A
command's own are `HARNESS_<COMMAND>_<OPTION>` (`HARNESS_COMPARE_FAIL_ON`), without the command for `harness run`
(`HARNESS_FILTER`). A switch is `1` or `0`. Of an option that may be repeated, values stand with spaces between
(`HARNESS_FILTER='loan* fee*'`); variants with commas. An empty variable says nothing.

`harness serve` hands `HARNESS_SERVE_<OPTION>` to the server, for example `HARNESS_SERVE_PORT=8000`.
"""


def manual() -> str:
    """Return the page."""
    lines = [f"| {code} | {meaning} |" for code, meaning in MEANINGS.items()]
    parts = ["\n".join(_command(words, command)) for words, command in commands_of(get_command(app))]
    return f"{_HEAD}{_NL.join(lines)}\n{_DATA}\n{_NL.join(parts)}".rstrip() + "\n"


def _command(words: tuple[str, ...], command: Any) -> Iterator[str]:
    name = " ".join(words)
    arguments = [one for one in command.params if isinstance(one, TyperArgument)]
    yield f"## harness {name}\n"
    yield f"`harness {' '.join([name, *map(_place, arguments)])}`\n"
    yield f"{' '.join(str(command.help).split())}\n"
    rows = [*(_row(_place(one), one, "") for one in arguments), *(_option(words, one) for one in options_of(command))]
    if rows:
        yield "| | | variable |\n|---|---|---|"
        yield "\n".join(rows) + "\n"
    yield f"Example: `{str(command.epilog).removeprefix('Example: ')}`\n"
    if name in SHAPES:
        yield from _shape(SHAPES[name])


def _place(argument: TyperArgument) -> str:
    name = f"{argument.metavar}{'...' if argument.nargs != 1 else ''}"
    return name if argument.required else f"[{name}]"


def _option(words: tuple[str, ...], option: TyperOption) -> str:
    names = ", ".join(sorted(option.opts, key=len, reverse=True))
    value = "" if option.is_flag else f" {option.metavar}"
    own = option.envvar if isinstance(option.envvar, str) else None
    return _row(f"{names}{value}", option, f"`{own or variable(words, longest(option))}`")


def _row(name: str, parameter: TyperArgument | TyperOption, said_by: str) -> str:
    text = str(parameter.help or "").partition("  [env var: ")[0]
    default = parameter.default
    is_telling = default not in (None, False, "") and "default" not in text
    more = f" Default: `{default}`." if is_telling else ""
    shown = name.replace("|", "\\|")
    return f"| `{shown}` | {text}{more} | {said_by} |"


def _shape(shape: Shape) -> Iterator[str]:
    note = f" {shape.note}" if shape.note else ""
    yield f"`--json` prints {'a list of objects' if shape.is_list else 'an object'}.{note}\n"
    if shape.keys:
        yield "| key | holds |\n|---|---|"
        yield "\n".join(f"| `{key}` | {holds} |" for key, holds in shape.keys.items()) + "\n"


if __name__ == "__main__":
    PATH.write_text(manual(), encoding="utf-8")
