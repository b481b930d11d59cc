"""What a model is told in a run: the instructions in force, the thread's messages, the functions on offer."""

from collections.abc import Iterator, Sequence

from harness.server.models.interface import (
    Conversation,
    ConversationItem,
    FunctionCall,
    FunctionOutput,
    FunctionTool,
    Message,
    Sampling,
    ToolChoice,
)
from harness.server.rendering import prompt_tokens
from harness.server.runlog import RunLog
from harness.server.sources import file_search_tool
from harness.server.state import State
from harness.server.wire import Json


def conversation_of(state: State, log: RunLog) -> Conversation:
    """Return what the model is told now: the messages truncated as the run asks, and what its functions gave back."""
    run, steps = log.run, log.steps()
    messages = state.store.find("thread.message", parent=run["thread_id"])
    earlier = [_message(message) for message in messages if message["run_id"] != run["id"]]
    own = {message["id"]: message for message in messages if message["run_id"] == run["id"]}
    latest = [item for step in steps for item in _items(step, own)]
    choice, forced_function = _choice(run, is_free=any(isinstance(item, FunctionOutput) for item in latest))
    return Conversation(
        instructions=run["instructions"],
        messages=_truncated(run, earlier, latest),
        functions=tuple(_function(tool["function"]) for tool in run["tools"] if tool["type"] == "function"),
        tool_choice=choice,
        forced_function=forced_function,
        is_parallel=run["parallel_tool_calls"],
        has_file_search=file_search_tool(run) is not None,
        is_search_forced=isinstance(run["tool_choice"], dict) and run["tool_choice"]["type"] == "file_search",
        sampling=_sampling(run, steps),
    )


def _message(message: Json) -> Message:
    parts = message["content"]
    texts = [part["text"]["value"] if part["type"] == "text" else part.get("refusal", "") for part in parts]
    return Message(role=message["role"], text="\n".join(texts))


def _items(step: Json, messages: dict[str, Json]) -> Iterator[ConversationItem]:
    """Yield what a step of this run adds to the conversation; searches are the model's own affair."""
    details = step["step_details"]
    if details["type"] == "message_creation":
        message = messages.get(details["message_creation"]["message_id"])
        if message is not None and message["content"]:
            yield _message(message)
        return
    calls = [call for call in details["tool_calls"] if call["type"] == "function"]
    for call in calls:
        yield FunctionCall(id=call["id"], name=call["function"]["name"], arguments=call["function"]["arguments"])
    for call in calls:
        if call["function"]["output"] is not None:
            yield FunctionOutput(call_id=call["id"], output=call["function"]["output"])


def _function(described: Json) -> FunctionTool:
    return FunctionTool(
        name=described["name"],
        description=described.get("description") or "",
        parameters=described.get("parameters") or {},
        is_strict=bool(described.get("strict")),
    )


def _choice(run: Json, *, is_free: bool) -> tuple[ToolChoice, str | None]:
    """Return whether tools must be used and which function; a function that was called is not forced again."""
    choice = run["tool_choice"]
    if choice == "none":
        return "none", None
    if is_free or choice == "auto":
        return "auto", None
    if isinstance(choice, dict):
        return "auto", choice["function"]["name"] if choice["type"] == "function" else None
    return "required", None


def _sampling(run: Json, steps: Sequence[Json]) -> Sampling:
    wanted = run["response_format"]
    is_plain = not isinstance(wanted, dict) or wanted["type"] == "text"
    return Sampling(
        temperature=_unusual(run["temperature"]),
        top_p=_unusual(run["top_p"]),
        max_tokens=tokens_left(run, steps),
        response_format=None if is_plain else wanted,
    )


def _unusual(value: float | None) -> float | None:
    """Return a sampling value, None for 1: that is what an assistant has to which none was given.

    So a model behind another endpoint keeps its own default, as it does in the Responses half.
    """
    return None if value == 1 else value


def tokens_left(run: Json, steps: Sequence[Json]) -> int | None:
    """Return how many tokens the model may still write in this run; None for any number."""
    if run["max_completion_tokens"] is None:
        return None
    return max(0, int(run["max_completion_tokens"]) - _used(steps, "completion_tokens"))


def prompt_tokens_left(run: Json, steps: Sequence[Json]) -> int | None:
    """Return how many tokens the model may still be told in this run; None for any number."""
    if run["max_prompt_tokens"] is None:
        return None
    return int(run["max_prompt_tokens"]) - _used(steps, "prompt_tokens")


def _used(steps: Sequence[Json], kind: str) -> int:
    return sum(int(step["usage"][kind]) for step in steps if step["usage"])


def _truncated(
    run: Json, earlier: Sequence[Message], latest: Sequence[ConversationItem]
) -> tuple[ConversationItem, ...]:
    """Leave messages out: all but the last few where the run says so, else the oldest that its prompt has no room for.

    What the run itself said and did always stays, and so does the last message.
    """
    strategy, most = run["truncation_strategy"], run["max_prompt_tokens"]
    kept = list(earlier)
    if strategy["type"] == "last_messages" and strategy.get("last_messages"):
        kept = kept[-strategy["last_messages"] :]
    if strategy["type"] == "auto" and most is not None:
        sizes = [prompt_tokens(Conversation(instructions="", messages=(message,))) for message in kept]
        others = prompt_tokens(Conversation(instructions=run["instructions"], messages=tuple(latest)))
        while len(kept) > 1 and others + sum(sizes) > most:
            del kept[0], sizes[0]
    return (*kept, *latest)
