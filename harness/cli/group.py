"""What all commands have in common: their options by the environment, and pipes that close."""

import os
import sys
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup, TyperOption

from harness.cli.codes import CLOSED_PIPE

PREFIX = "HARNESS"
OF_RUNS = "--harness-"
"""How the options of a run begin; their variables are read with all settings, from `.env` too."""
_NEVER = {"--help", "--version", "--install-completion", "--show-completion"}


class Commands(TyperGroup):
    """All commands.

    An option that names no variable of its own is also said by `HARNESS_<COMMAND>_<OPTION>`. `harness run` has options
    of runs only, and those are `HARNESS_<OPTION>`.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for words, command in commands_of(self):
            for option in options_of(command):
                name = variable(words, longest(option))
                if longest(option).startswith(OF_RUNS):
                    option.help = f"{option.help}  [env var: {name}]"
                elif option.envvar is None:
                    option.envvar = name

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a reader that has had enough ends it quietly, as it does `cat`."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            # What is left in the buffer would be tried again at the end, and complained of.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(CLOSED_PIPE) from None


def commands_of(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Return each command that is no group, with the words that call it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
    for name, one in (inner or {}).items():
        yield from commands_of(one, (*words, name))


def options_of(command: Any) -> list[TyperOption]:
    """Return the options of a command that change what it does."""
    found = [one for one in command.params if isinstance(one, TyperOption)]
    return [one for one in found if longest(one) not in _NEVER]


def longest(option: TyperOption) -> str:
    """Return the option's full name: `--last-failed`, not `--lf`."""
    return max(option.opts, key=len)


def variable(words: tuple[str, ...], option: str) -> str:
    """Return the variable that says the same as an option of a command."""
    scope = () if words == ("run",) else words
    name = option.removeprefix(OF_RUNS) if option.startswith(OF_RUNS) else option.lstrip("-")
    parts = (PREFIX, name) if option.startswith(OF_RUNS) else (PREFIX, *scope, name)
    return "_".join(parts).replace("-", "_").upper()
