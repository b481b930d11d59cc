"""An assistant that exists on a server, as a variant that says what it says."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from harness.config import Endpoint, check_target
from harness.errors import ConfigError
from harness.migrating.used import tool_field
from harness.model.suite import Suite, Variant
from harness.model.tools import FunctionTool, Tool

DEFAULT_SAMPLING = 1
"""What `temperature` and `top_p` are in both protocols where nobody says so."""
UNSENT = ("description", "metadata", "response_format", "reasoning_effort")
"""What an assistant may say and a suite cannot."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Existing:
    """What an assistant that exists says."""

    variant: Variant
    """Says the same in a suite."""
    fields: tuple[str, ...]
    """What it uses, by the names of the table of moves."""
    left: tuple[str, ...]
    """What is left to the user, a sentence each."""


def fetch_assistant(assistant_id: str, endpoint: Endpoint) -> dict[str, Any]:
    """Ask an endpoint for an assistant.

    Raises:
        ConfigError: No endpoint is named, or one that has no assistants any more.
        EndpointError: The endpoint could not be reached, or does not know it.
    """
    check_target(endpoint, "assistants")
    if endpoint.base_url is None:
        raise ConfigError(
            f"what {assistant_id} says is known to its server only, and no endpoint is named",
            where="harness migrate",
            hint="name the server that has it by --harness-endpoint; or write a variant with `target: responses`, the "
            "`instructions` and the `model` by hand",
        )
    return asyncio.run(_fetch(f"/assistants/{quote(assistant_id, safe='')}", endpoint, endpoint.base_url))


async def _fetch(path: str, endpoint: Endpoint, url: str) -> dict[str, Any]:
    from harness.run.client import make_client, make_transport
    from harness.targets.calls import get

    async with make_client(endpoint, url, make_transport(endpoint, url), is_patient=False) as client:
        return (await get(client, path)).data


def existing_of(data: Mapping[str, Any], suite: Suite) -> Existing:
    """Return what an assistant says, as far as a suite can say it.

    Args:
        data: The assistant as its server sends it.
        suite: It names the assistant by its id, says what functions return, and may want another model.
    """
    own = suite.assistant
    left = list(_stores(data, suite))
    tools = tuple(_tools(data, suite, left))
    variant = Variant(
        target="responses",
        model=str(data["model"]) if own.model is None and data.get("model") else None,
        instructions=str(data.get("instructions") or ""),
        tools=tools,
        temperature=_sampling(data.get("temperature"), own.temperature),
        top_p=_sampling(data.get("top_p"), own.top_p),
        max_num_results=next(filter(None, (_search(tool).get("max_num_results") for tool in _given_tools(data))), None),
    )
    fields = (*_fields(data), *map(tool_field, tools))
    return Existing(variant=variant, fields=tuple(dict.fromkeys(fields)), left=tuple(left))


def _sampling(given: Any, own: float | None) -> float | None:
    value = DEFAULT_SAMPLING if given is None else float(given)
    # The older protocol leaves an assistant that exists as it is, whatever the suite says; here the suite would count.
    return value if value != DEFAULT_SAMPLING or own is not None else None


def _given_tools(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    tools = data.get("tools")
    return [tool for tool in tools if isinstance(tool, Mapping)] if isinstance(tools, list) else []


def _search(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    return tool.get("file_search") or {}


def _fields(data: Mapping[str, Any]) -> Iterator[str]:
    yield from (name for name in ("name", "model", "instructions") if data.get(name))
    yield from (name for name in ("temperature", "top_p") if data.get(name) not in (None, DEFAULT_SAMPLING))
    yield from (name for name in UNSENT if data.get(name) not in (None, "", {}, "auto"))
    for tool in _given_tools(data):
        yield from (name for name in ("max_num_results", "ranking_options") if _search(tool).get(name) is not None)
        if tool.get("type") == "code_interpreter":
            yield "tools: code_interpreter"


def _tools(data: Mapping[str, Any], suite: Suite, left: list[str]) -> Iterator[Tool]:
    known = {tool.function: tool for tool in suite.assistant.functions}
    for tool in _given_tools(data):
        if tool.get("type") == "file_search":
            yield "file_search"
        elif tool.get("type") == "function":
            function = _function(tool.get("function") or {}, left)
            own = known.get(function.function) if function else None
            if function is not None and own is None:
                left.append(f"say what the function {function.function} returns: `output` or `call`")
            if function is not None:
                yield function if own is None else replace(function, output=own.output, call=own.call)
        else:
            left.append(f"the tool {tool.get('type')} is not in the variant: a suite cannot give it")


def _function(told: Mapping[str, Any], left: list[str]) -> FunctionTool | None:
    given: dict[str, Any] = {"function": str(told.get("name")), "strict": bool(told.get("strict"))}
    if told.get("description"):
        given["description"] = str(told["description"])
    if told.get("parameters"):
        given["parameters"] = told["parameters"]
    try:
        return FunctionTool(**given)
    except ValueError as error:
        left.append(f"the function {told.get('name')} is not in the variant: {error}")
        return None


def _stores(data: Mapping[str, Any], suite: Suite) -> Iterator[str]:
    """Say what becomes of the store that the assistant itself holds: a variant cannot name one."""
    search = (data.get("tool_resources") or {}).get("file_search") or {}
    stores = search.get("vector_store_ids") or []
    if not stores or suite.vector_store in stores:
        return
    if suite.vector_store or suite.documents:
        yield (
            f"the assistant searches its own {', '.join(stores)} besides what the suite names; through Responses only "
            "the suite's is searched"
        )
    else:
        yield f"add `vector_store: {stores[0]}` to the suite: the assistant searches it, and nothing is found without"
