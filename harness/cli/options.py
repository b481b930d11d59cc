"""The options that pytest has too, for commands of ours."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from harness.options import OPTIONS, Option, said

_TYPES: dict[str, Any] = {"text": str, "whole": int, "switch": bool, "several": list[str]}


def with_run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that also takes all options of a run, and hands them over as `flags`.

    They are made of the same table as pytest's, so that neither can have one that the other lacks.
    """

    def taking_all(**given: Any) -> None:
        from harness.config import Flags

        flags = Flags(**said(given.pop))
        command(**given, flags=flags)

    own = inspect.signature(command).parameters.values()
    kept = [parameter for parameter in own if parameter.name != "flags"]
    parameters = [*kept, *map(_parameter, OPTIONS)]
    taking_all.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer reads
    taking_all.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    taking_all.__doc__ = command.__doc__
    taking_all.__name__ = command.__name__
    return taking_all


def _parameter(option: Option) -> inspect.Parameter:
    metavar = "|".join(option.choices) or option.metavar
    text = f"{option.help[0].upper()}{option.help[1:]}."
    told = typer.Option(option.name, metavar=None if option.kind == "switch" else metavar, help=text)
    return inspect.Parameter(
        option.key,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[_TYPES[option.kind] | None, told],
    )
