"""What an endpoint's refusals are told as."""

import httpx2
import pytest
from openai import AsyncOpenAI, NotFoundError

from harness.errors import EndpointError
from harness.targets.calls import endpoint_errors

OBJECT = "the object or model is not known there"
PATH = "the base URL probably lacks its path (often /v1), or the server does not speak this protocol"


@pytest.mark.parametrize(
    ("path", "body", "hint"),
    [
        ("/responses", {"message": "Vector store with id ['vs_1'] not found.", "code": None}, OBJECT),
        ("/responses", {"message": "Prompt with id 'pmpt_1' not found.", "code": None}, OBJECT),
        ("/responses", {"message": "The model `m` does not exist."}, OBJECT),
        ("/responses", {"message": "gone", "code": "model_not_found"}, OBJECT),
        ("/threads/thread_1/runs", {"message": "No assistant found with id 'asst_1'."}, OBJECT),
        ("/responses", {"message": "Not Found"}, PATH),
        ("/responses", {"detail": "Not Found"}, PATH),
        ("/responses", {"message": "Invalid URL (POST /responses)", "code": None}, PATH),
        ("/responses", None, PATH),
        ("/threads", {"detail": "Not Found"}, "OpenAI shut its hosted Assistants API on 2026-08-26"),
    ],
)
@pytest.mark.parametrize("base_url", ["https://api.openai.com", "http://localhost:1"])
def test_a_missing_object_is_told_from_a_missing_protocol(
    base_url: str, path: str, body: object | None, hint: str
) -> None:
    response = httpx2.Response(404, request=httpx2.Request("POST", base_url + path))

    with (
        pytest.raises(EndpointError) as caught,
        endpoint_errors(AsyncOpenAI(base_url=base_url, api_key="none")),
    ):
        raise NotFoundError("404", response=response, body=body)

    assert str(caught.value.hint).startswith(hint)
