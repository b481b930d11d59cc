"""The tools of a request: which are offered, which must be used."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.server.expiry import require_unexpired, touch
from harness.server.filters import check_filter
from harness.server.models.interface import FunctionTool, ToolChoice
from harness.server.state import State
from harness.server.wire import ApiError, Json

_DEFAULT_RESULTS = 20
_OFFERED = {"file_search", "function"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tools:
    """What a model may and must use."""

    functions: tuple[FunctionTool, ...]
    """The client's functions that may be called."""
    search: Json | None
    """The file search that may be used, with the stores of all that were given."""
    choice: ToolChoice
    """Whether tools may, must not or must be used."""
    forced_function: str | None = None
    """The one function that must be called."""
    is_search_forced: bool = False
    """Whether the files must be searched."""


def shown_tools(state: State, given: Sequence[Json]) -> list[Json]:
    """Return tools as the response shows them, with what holds where nothing was said.

    Raises:
        ApiError: A tool that is not offered, a vector store that does not exist.
    """
    return [_shown(state, tool, f"tools[{number}]") for number, tool in enumerate(given)]


def _shown(state: State, tool: Json, param: str) -> Json:
    if tool["type"] not in _OFFERED:
        message = f"This server does not offer the tool '{tool['type']}': it offers 'file_search' and 'function'."
        raise ApiError(400, message, param=f"{param}.type", code="unsupported_value")
    if tool["type"] == "function":
        strict = tool.get("strict")
        described = {"description": tool.get("description"), "parameters": tool.get("parameters")}
        return {"type": "function", "name": tool["name"], "strict": strict is None or strict, **described}
    identifiers = tool["vector_store_ids"]
    if not identifiers:
        place = f"{param}.vector_store_ids"
        message = f"Invalid '{place}': empty array. Expected an array with minimum length 1, but got an empty array."
        raise ApiError(400, message, param=place, code="empty_array")
    missing = [identifier for identifier in identifiers if state.store.get("vector_store", identifier) is None]
    if missing:
        raise ApiError(404, f"Vector store with id {missing} not found.", param=f"{param}.vector_store_ids")
    for identifier in identifiers:
        require_unexpired(state.require("vector_store", identifier))
        touch(state, identifier)
    if tool.get("filters") is not None:
        check_filter(tool["filters"], f"{param}.filters")
    ranking = {"ranker": "auto", "score_threshold": 0.0, **(tool.get("ranking_options") or {})}
    return {
        "type": "file_search",
        "vector_store_ids": list(identifiers),
        "max_num_results": tool.get("max_num_results") or _DEFAULT_RESULTS,
        "ranking_options": ranking,
        "filters": tool.get("filters"),
    }


def chosen_tools(shown: Sequence[Json], choice: Any) -> Tools:
    """Return what may and must be used.

    Args:
        shown: The tools of the response.
        choice: The request's `tool_choice`.

    Raises:
        ApiError: 400 where what must be used is not among the tools.
    """
    if isinstance(choice, dict):
        return _named(shown, choice)
    if choice == "required" and not shown:
        message = "Tool choice 'required' must be specified with 'tools' parameter."
        raise ApiError(400, message, param="tool_choice")
    return _all(shown if choice != "none" else (), choice or "auto")


def _named(shown: Sequence[Json], choice: Json) -> Tools:
    kind = choice["type"]
    if kind == "allowed_tools":
        for named in choice["tools"]:
            _require(shown, named)
        allowed = [tool for tool in shown if any(_is_meant(tool, named) for named in choice["tools"])]
        return _all(allowed, choice["mode"])
    if kind not in _OFFERED:
        message = f"This server does not offer the tool choice '{kind}'."
        raise ApiError(400, message, param="tool_choice.type", code="unsupported_value")
    _require(shown, choice)
    tools = _all(shown, "required")
    is_function = kind == "function"
    return Tools(
        functions=tools.functions,
        search=tools.search,
        choice="required",
        forced_function=choice["name"] if is_function else None,
        is_search_forced=not is_function,
    )


def _require(shown: Sequence[Json], named: Json) -> None:
    if not any(_is_meant(tool, named) for tool in shown):
        name = named.get("name") or named.get("type")
        raise ApiError(400, f"Tool choice '{name}' not found in 'tools' parameter.", param="tool_choice")


def _is_meant(tool: Json, named: Json) -> bool:
    return bool(tool["type"] == named.get("type") and (tool["type"] != "function" or tool["name"] == named.get("name")))


def _all(shown: Sequence[Json], choice: ToolChoice) -> Tools:
    functions = tuple(
        FunctionTool(
            name=tool["name"],
            description=tool["description"] or "",
            parameters=tool["parameters"] or {},
            is_strict=tool["strict"],
        )
        for tool in shown
        if tool["type"] == "function"
    )
    searches = [tool for tool in shown if tool["type"] == "file_search"]
    stores = [identifier for tool in searches for identifier in tool["vector_store_ids"]]
    search = {**searches[0], "vector_store_ids": list(dict.fromkeys(stores))} if searches else None
    is_forced = choice == "required" and not functions
    return Tools(functions=functions, search=search, choice=choice, is_search_forced=is_forced)
