"""The Responses half of the server as openai-node sees it."""

import pytest
from node_support import told_by_node
from responses_support import models_for_responses
from server_support import serving


@pytest.mark.slow
def test_openai_node_reads_responses_conversations_and_chat(request: pytest.FixtureRequest) -> None:
    with serving(models=models_for_responses()) as url:
        told = told_by_node(request.config, "responses.mjs", url)
    text = "It says 🙂: The code word is heron. End."
    assert told.pop("events")[-3:] == [
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert told.pop("deleted")[0] == 404
    assert told == {
        "text": text,
        "streamed": text,
        "final": text,
        "result": "The code word is heron.",
        "annotation": "note.txt",
        "parsed": "heron",
        "call": ["function_call", "get_weather", '{"city":"Bern"}'],
        "answered": "It is sunny.",
        "inputItems": ["message", "function_call", "function_call_output"],
        "tokens": 10,
        "cancelled": "cancelled",
        "items": ["Hello", "Again", "Done."],
        "found": "More",
        "metadata": {"topic": "birds"},
        "gone": True,
        "completion": "Done.",
        "chunks": "Done.",
    }
