"""What the functions of a case return when the model calls them.

Whatever the model does wrong is told to the model, as a server that runs functions would do: it may do better in its
next try, and what it was told is in the transcript. What the suite's author did wrong ends the run.
"""

import asyncio
import importlib
import json
import threading
from collections.abc import Callable, Coroutine, Mapping
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, TypeAlias

from harness.config import did_you_mean, project_on_path
from harness.errors import ConfigError, FunctionError
from harness.model.plan import Planned
from harness.model.tools import FunctionOutput, FunctionTool
from harness.targets.arguments import WrongArguments, read_arguments

__all__ = ["MOST_ROUNDS", "Functions", "endless"]

MOST_ROUNDS = 20
"""How often in one turn a model may be handed back what it asked for."""
LONGEST_S = 30.0
"""How long a function of your own may take, in seconds."""

Own: TypeAlias = Callable[..., Any]
"""A function of the user's own."""


class Functions:
    """The functions of one planned run.

    Args:
        planned: The run.
        root: The project: functions of your own lie below it.

    Raises:
        ConfigError: One of your own cannot be had.
    """

    def __init__(self, planned: Planned, root: Path) -> None:
        self._tools = {tool.function: tool for tool in planned.assistant.functions}
        self._given = {name: _given(tool, planned.case.functions) for name, tool in self._tools.items()}
        calls = {name: given.call for name, given in self._given.items() if given is not None and given.call}
        self._own = {name: load_own(call, root) for name, call in calls.items()}
        # An assistant that exists may have functions that the suite does not know of.
        self._is_all = planned.assistant.id is None and planned.assistant.prompt is None

    async def output(self, name: str, arguments: str) -> str:
        """Return what a call is answered with.

        Args:
            name: The function's name, as the model wrote it.
            arguments: As the model wrote them.

        Raises:
            FunctionError: The suite does not say what the function returns.
        """
        if name not in self._tools:
            return self._unknown(name)
        try:
            read = read_arguments(arguments, self._tools[name].parameters)
        except WrongArguments as error:
            return _error(str(error))
        given = self._given[name]
        if name in self._own:
            return await _called(self._own[name], read)
        if given is None:
            hint = "give it an `output` or a `call` under `tools`, or in the case under `functions`"
            raise FunctionError(f"the model called {name!r}, and the suite does not say what it returns", hint=hint)
        return _text(given.output)

    def _unknown(self, name: str) -> str:
        if not self._is_all:
            hint = f"list it under the assistant's `tools`: {{function: {name}, output: ...}}"
            raise FunctionError(f"the model called {name!r}, and the suite does not say what it returns", hint=hint)
        known = ", ".join(self._tools) or "none"
        return _error(f"there is no function {name!r}{did_you_mean(name, self._tools) or ';'} there are: {known}")


def endless() -> FunctionError:
    """Return the error of a run in which the model calls functions for ever."""
    what = f"the model still called functions after {MOST_ROUNDS} rounds of outputs"
    return FunctionError(what, hint="do the outputs say what it asks for? Or is it told to call one in any case?")


def _given(tool: FunctionTool, by_case: Mapping[str, FunctionOutput]) -> FunctionTool | FunctionOutput | None:
    """Return what says what a function returns: the case, else the tool; None where neither does."""
    if tool.function in by_case:
        return by_case[tool.function]
    return tool if tool.output is not None or tool.call is not None else None


def load_own(name: str, root: Path) -> Own:
    """Load a function of the project's own.

    A suite is data: it may name what the project itself holds, and nothing else that can be imported.

    Args:
        name: `package.module:name`.
        root: The project.

    Raises:
        ConfigError: There is no such function below the project's folder, or importing it fails.
    """
    where = f"call: {name}"
    module_name, _, attribute = name.partition(":")
    hint = f"it is looked for in the project's folder, {root.name}/, and nowhere else"
    if PathFinder.find_spec(module_name.partition(".")[0], [str(root)]) is None:
        raise ConfigError("the project has no such module", where=where, hint=hint)
    try:
        with project_on_path(root):
            module = importlib.import_module(module_name)
        found = getattr(module, attribute)
    except Exception as error:  # the user's code runs here, and may fail in any way
        raise ConfigError(f"cannot be loaded: {type(error).__name__}: {error}", where=where, hint=hint) from error
    file = getattr(module, "__file__", None)
    if file is None or not Path(file).resolve().is_relative_to(root.resolve()):
        what = f"another module of this name is loaded already: {file or 'a built-in one'}"
        raise ConfigError(what, where=where, hint="rename the project's own")
    if not callable(found):
        raise ConfigError("is no function", where=where)
    return found  # type: ignore[no-any-return]  # checked above as far as it can be


async def _called(own: Own, arguments: Mapping[str, Any]) -> str:
    """Call a function of the user's own in a thread, and return what came of it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[str] = loop.create_future()

    def finish(text: str) -> None:
        if not done.done():
            done.set_result(text)

    def work() -> None:
        text = _result(own, arguments)
        if not loop.is_closed():
            loop.call_soon_threadsafe(finish, text)

    # A daemon: one that never returns must not keep the process from ending, as those of an executor do.
    threading.Thread(target=work, name=f"function {own!r}"[:60], daemon=True).start()
    try:
        return await asyncio.wait_for(done, LONGEST_S)
    except TimeoutError:
        return _error(f"the function did not return within {LONGEST_S:g} s")


def _result(own: Own, arguments: Mapping[str, Any]) -> str:
    try:
        result = own(**arguments)
        if isinstance(result, Coroutine):
            result = asyncio.run(result)
        return _text(result)
    except BaseException as error:  # noqa: BLE001 - the user's code, in a thread of its own: the model is told
        return _error(f"{type(error).__name__}: {error}")


def _text(output: Any) -> str:
    text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, allow_nan=False)
    return text.encode(errors="replace").decode()  # half a character cannot be sent


def _error(message: str) -> str:
    return _text({"error": message})
