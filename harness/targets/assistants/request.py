"""What the requests of a case say."""

import hashlib
from typing import Any

from harness.model.plan import Handles, Planned
from harness.targets.assistants.setup import tool_choice

SEARCH_RESULTS = "step_details.tool_calls[*].file_search.results[*].content"
"""What must be asked for, or the cited passages stay unknown."""
KEY = "harness_key"
"""Where a run's metadata says whose it is: by that it is found where the answer to its creation was lost."""


def thread_body(prompt: str, handles: Handles) -> dict[str, Any]:
    """Return the request for a thread that begins with a prompt."""
    body: dict[str, Any] = {"messages": [_message(prompt)]}
    if handles.store_id is not None:
        body["tool_resources"] = {"file_search": {"vector_store_ids": [handles.store_id]}}
    return body


def run_body(planned: Planned, handles: Handles, turn: int) -> dict[str, Any]:
    """Return the request for the run that answers a turn; a turn but the first brings its message with it."""
    assistant = planned.assistant
    body: dict[str, Any] = {"assistant_id": handles.assistant_id}
    if turn:
        body["additional_messages"] = [_message(planned.asked[turn])]
    if assistant.id is not None and assistant.model is not None:
        body["model"] = assistant.model  # the user wants another than the existing assistant's own
    if assistant.run_instructions:
        body["instructions"] = assistant.run_instructions  # replaces the assistant's own
    if assistant.additional_run_instructions:
        body["additional_instructions"] = assistant.additional_run_instructions
    if assistant.tool_choice is not None:
        body["tool_choice"] = tool_choice(assistant.tool_choice)
    if assistant.parallel_tool_calls is not None:
        body["parallel_tool_calls"] = assistant.parallel_tool_calls
    return body | {"metadata": {KEY: _key(planned, turn)}}


def _message(prompt: str) -> dict[str, Any]:
    return {"role": "user", "content": prompt}


def _key(planned: Planned, turn: int) -> str:
    """Return what tells a turn's runs from all others: not at random, so that two recordings of it say the same."""
    whose = (planned.node, planned.target, planned.model_name, str(turn))
    return hashlib.sha256("\0".join(whose).encode()).hexdigest()[:24]
