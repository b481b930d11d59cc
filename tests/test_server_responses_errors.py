"""Requests for responses that are refused: each is told what is wrong and where."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from responses_support import models_for_responses
from server_support import raw_client_of, serving

from harness.server.models import BUILT_IN

MODELS = models_for_responses()


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving(models={**MODELS, **BUILT_IN}) as url:
        yield url


@pytest.fixture(scope="module")
def raw(base_url: str) -> Iterator[httpx2.Client]:
    with raw_client_of(base_url) as client:
        yield client


WRONG: list[tuple[dict[str, Any], int, str | None, str | None, str]] = [
    ({"input": "Hi"}, 400, "model", "missing_required_parameter", "Missing required parameter: 'model'."),
    ({"model": "slow"}, 400, "input", "missing_required_parameter", "Missing required parameter"),
    ({"model": "nobody", "input": "Hi"}, 404, "model", "model_not_found", "does not exist"),
    ({"model": "slow", "input": 3}, 400, "input", "invalid_type", "but got an integer"),
    ({"model": "slow", "input": "Hi", "fun": 1}, 400, "fun", "unknown_parameter", "Unknown parameter: 'fun'."),
    ({"model": "slow", "input": "Hi", "max_output_tokens": 15}, 400, "max_output_tokens", None, ">= 16"),
    ({"model": "slow", "input": "Hi", "temperature": 3}, 400, "temperature", None, "<= 2"),
    ({"model": "slow", "input": "Hi", "include": ["all"]}, 400, "include[0]", "invalid_value", "'all'"),
    (
        {"model": "slow", "input": "Hi", "include": ["reasoning.encrypted_content"]},
        400,
        "include[0]",
        "unsupported_value",
        "does not offer 'reasoning.encrypted_content'",
    ),
    (
        {"model": "slow", "input": "Hi", "prompt": {"id": "pmpt_1"}},
        404,
        "prompt.id",
        None,
        "Prompt with id 'pmpt_1' not found.",
    ),
    (
        {"model": "slow", "input": "Hi", "background": True, "store": False},
        400,
        "store",
        None,
        "Background mode requires",
    ),
    (
        {"model": "slow", "input": "Hi", "previous_response_id": "resp_x"},
        400,
        "previous_response_id",
        "previous_response_not_found",
        "Previous response with id 'resp_x' not found.",
    ),
    (
        {"model": "slow", "input": "Hi", "previous_response_id": "resp_x", "conversation": "conv_x"},
        400,
        "conversation",
        "mutually_exclusive_parameters",
        "Mutually exclusive parameters",
    ),
    (
        {"model": "slow", "input": "Hi", "conversation": {"id": "conv_x"}},
        404,
        None,
        None,
        "Conversation with id 'conv_x' not found.",
    ),
    *(
        ({"model": "slow", "input": "Hi", "tools": [tool]}, 400, "tools[0].type", "unsupported_value", "does not offer")
        for tool in (
            {"type": "web_search"},
            {"type": "code_interpreter", "container": {"type": "auto"}},
            {"type": "image_generation"},
            {"type": "mcp", "server_label": "x", "server_url": "http://x"},
            {"type": "computer_use_preview", "display_height": 1, "display_width": 1, "environment": "browser"},
        )
    ),
    (
        {"model": "slow", "input": "Hi", "tools": [{"type": "file_search", "vector_store_ids": ["vs_x"]}]},
        404,
        "tools[0].vector_store_ids",
        None,
        "Vector store with id ['vs_x'] not found.",
    ),
    (
        {"model": "slow", "input": "Hi", "tools": [{"type": "file_search"}]},
        400,
        "tools[0].vector_store_ids",
        "missing_required_parameter",
        "Missing required parameter: 'tools[0].vector_store_ids'.",
    ),
    (
        {"model": "slow", "input": "Hi", "tools": [{"type": "file_search", "vector_store_ids": []}]},
        400,
        "tools[0].vector_store_ids",
        "empty_array",
        "empty array",
    ),
    (
        {"model": "slow", "input": "Hi", "tool_choice": {"type": "function", "name": "f"}},
        400,
        "tool_choice",
        None,
        "Tool choice 'f' not found in 'tools' parameter.",
    ),
    ({"model": "slow", "input": "Hi", "tool_choice": "required"}, 400, "tool_choice", None, "must be specified"),
    (
        {"model": "slow", "input": [{"type": "function_call_output", "call_id": "call_x", "output": "1"}]},
        400,
        "input",
        None,
        "No tool call found for function call output with call_id call_x.",
    ),
    (
        {"model": "slow", "input": [{"type": "function_call", "call_id": "call_x", "name": "f", "arguments": "{}"}]},
        400,
        "input",
        None,
        "No tool output found for function call call_x.",
    ),
    (
        {"model": "slow", "input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file-x"}]}]},
        400,
        "input[0].content[0]",
        "unsupported_value",
        "does not read files in the input",
    ),
    (
        {"model": "slow", "input": [{"type": "reasoning", "id": "rs_1", "summary": []}]},
        400,
        "input[0].type",
        "unsupported_value",
        "does not offer items of type 'reasoning'",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong[2]}-{wrong[4][:30]}")
def test_a_wrong_request_is_told_what_is_wrong_and_where(raw: httpx2.Client, wrong: Any) -> None:
    body, status, param, code, said = wrong
    answer = raw.post("/responses", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (status, "invalid_request_error", param)
    assert set(error) == {"message", "type", "param", "code"}
    assert code in {None, error["code"]}
    assert said in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/responses/resp_x", 404, "Response with id 'resp_x' not found."),
        ("DELETE", "/responses/resp_x", 404, "Response with id 'resp_x' not found."),
        ("POST", "/responses/resp_x/cancel", 404, "Response with id 'resp_x' not found."),
        ("GET", "/responses/resp_x/input_items", 404, "Response with id 'resp_x' not found."),
        ("GET", "/responses/resp_x?include[]=all", 400, "Invalid value: 'all'."),
        ("POST", "/responses/compact", 400, "does not offer compaction"),
        ("GET", "/responses", 405, "Not allowed to GET"),
    ],
)
def test_what_is_not_there_is_told(raw: httpx2.Client, method: str, path: str, status: int, said: str) -> None:
    answer = raw.request(method, path)
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]
