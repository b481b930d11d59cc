"""When built-in models call functions, with which arguments, and what they make of the outputs."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from harness.documents import Document, read_document
from harness.server.models import BUILT_IN
from harness.server.models.arguments import arguments_for
from harness.server.models.interface import (
    Chunk,
    Conversation,
    FunctionOutput,
    FunctionTool,
    Message,
    Reply,
    ToolChoice,
)

PLACE = {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}
WEATHER = FunctionTool(name="get_weather", description="Get the current weather in a city", parameters=PLACE)
TIME = FunctionTool(name="get_time", description="Tell the time in a city", parameters=PLACE)
ORDER = FunctionTool(name="lookup_order_status", description="Look up an order")


class Files:
    """Files to search in, or none."""

    def __init__(self, text: str = "") -> None:
        self._files = [("file-1", read_document(text.encode(), "note.txt"))] if text else []

    def search(self, query: str, limit: int) -> Sequence[Chunk]:  # noqa: ARG002  # the protocol's
        return []

    def files(self) -> Sequence[tuple[str, Document]]:
        return self._files


def replied(question: str, *functions: FunctionTool, text: str = "", **options: Any) -> Reply:
    told = Conversation(
        instructions="", messages=(Message(role="user", text=question),), functions=functions, **options
    )
    return BUILT_IN["extractive"].reply(told, Files(text))


def names(reply: Reply) -> list[str]:
    return [call.name for call in reply.function_calls]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the weather in Paris?", ["get_weather"]),
        ("What are the weather and the time in Paris?", ["get_weather", "get_time"]),
        ("What is the status of my order?", ["lookup_order_status"]),
        ("Who founded the company?", []),
    ],
)
def test_a_function_is_called_when_the_question_names_it(question: str, expected: list[str]) -> None:
    assert names(replied(question, WEATHER, TIME, ORDER)) == expected


def test_what_the_files_answer_needs_no_function_unless_the_question_names_it_wholly() -> None:
    text = "An order is sent within 3 days."
    assert names(replied("When is an order sent?", ORDER)) == ["lookup_order_status"]
    assert names(replied("When is an order sent?", ORDER, text=text)) == []
    both = replied("When is an order sent, by its order status?", ORDER, text=text)
    assert names(both) == ["lookup_order_status"]


@pytest.mark.parametrize(
    ("choice", "forced", "expected"),
    [
        ("none", None, []),
        ("auto", "get_time", ["get_time"]),
        ("required", None, ["get_weather"]),
    ],
)
def test_a_choice_of_tools_is_followed(choice: ToolChoice, forced: str | None, expected: list[str]) -> None:
    question = "What is the weather?" if choice == "none" else "Who are you?"
    assert names(replied(question, WEATHER, TIME, tool_choice=choice, forced_function=forced)) == expected


def test_without_parallel_calls_one_function_follows_the_other() -> None:
    question = Message(role="user", text="What are the weather and the time in Paris?")
    functions = (WEATHER, TIME)
    told = Conversation(instructions="", messages=(question,), functions=functions, is_parallel=False)
    for expected in ("get_weather", "get_time"):
        (call,) = BUILT_IN["extractive"].reply(told, Files()).function_calls
        assert call.name == expected
        output = FunctionOutput(call_id=call.id, output=f'{{"{expected}": 7}}')
        messages = (*told.messages, call, output)
        told = Conversation(instructions="", messages=messages, functions=functions, is_parallel=False)
    reply = BUILT_IN["extractive"].reply(told, Files())
    said = "".join(segment.text for segment in reply.segments)
    assert said == "get_weather says: get_weather: 7. get_time says: get_time: 7."


@pytest.mark.parametrize("model", ["extractive", "eager"])
def test_the_reply_states_what_the_functions_gave_back_beside_what_the_files_hold(model: str) -> None:
    question = Message(role="user", text="How long is the warranty, and what is the weather in Paris?")
    told = Conversation(instructions="", messages=(question,), functions=(WEATHER,))
    files = Files("The warranty lasts two years.")
    (call,) = BUILT_IN[model].reply(told, files).function_calls
    messages = (question, call, FunctionOutput(call_id=call.id, output='{"sky": ["grey", null], "wet": true}'))
    reply = BUILT_IN[model].reply(Conversation(instructions="", messages=messages, functions=(WEATHER,)), files)
    said = "".join(segment.text for segment in reply.segments)
    expected = "get_weather says: sky: grey; none, wet: yes. The warranty lasts two years."
    assert said == expected if model == "extractive" else said.startswith(expected)


def test_an_earlier_question_is_over_and_its_function_may_be_called_again() -> None:
    question = Message(role="user", text="What is the weather in Paris?")
    first = BUILT_IN["extractive"].reply(
        Conversation(instructions="", messages=(question,), functions=(WEATHER,)), Files()
    )
    (call,) = first.function_calls
    answer = Message(role="assistant", text="Grey.")
    messages = (question, call, FunctionOutput(call_id=call.id, output="grey"), answer, question)
    told = Conversation(instructions="", messages=messages, functions=(WEATHER,))
    (again,) = BUILT_IN["extractive"].reply(told, Files()).function_calls
    assert again.id != call.id


@pytest.mark.parametrize(
    ("schema", "question", "expected"),
    [
        ({"location": {"type": "string"}}, "What's the weather in New York City?", "New York City"),
        ({"location": {"type": "string"}}, "How is it in Paris's centre?", "Paris"),
        ({"location": {"type": "string"}}, "Is Paris warm?", "Paris"),
        ({"location": {"type": "string"}}, "Weather? Rain in Oslo?", "Oslo"),
        ({"title": {"type": "string"}}, 'Who wrote "The Long Way"?', "The Long Way"),
        ({"query": {"type": "string"}}, "Who is Ada?", "Who is Ada?"),
        ({"order_id": {"type": "string"}}, "Where is order A-1042 for Ada?", "A-1042"),
        ({"order_id": {"type": "string"}}, "Where is order 1042 for Ada?", "1042"),
        ({"member": {"type": "string"}}, "When is the loan of member 17 due?", "17"),
        ({"city": {"type": "string"}}, "When is the loan of member 17 due?", ""),
        ({"start_date": {"type": "string"}}, "Rooms for Ada from 2024-05-03?", "2024-05-03"),
        ({"day": {"type": "string"}}, "What is on tomorrow in Paris?", "tomorrow"),
        ({"email": {"type": "string"}}, "Write to ada@example.org about Paris", "ada@example.org"),
        ({"count": {"type": "integer"}}, "Give me 2.5 or 3 of them", 3),
        ({"count": {"type": "integer", "minimum": 5}}, "Give me 3 of them", 5),
        ({"amount": {"type": "number"}}, "Give me 2.5 of them", 2.5),
        ({"unit": {"enum": ["celsius", "fahrenheit"]}}, "In Fahrenheit, please", "fahrenheit"),
        ({"unit": {"enum": ["celsius", "fahrenheit"], "default": "celsius"}}, "Warm?", "celsius"),
        ({"is_express": {"type": "boolean"}}, "Send it by express", True),
        ({"is_express": {"type": "boolean"}}, "Send it", False),
        ({"names": {"type": "array", "items": {"type": "string"}}}, "Do Ada and Bo know Cy?", ["Ada", "Bo", "Cy"]),
        ({"who": {"type": ["string", "null"]}}, "Does it know Ada?", "Ada"),
        ({"who": {"anyOf": [{"type": "null"}, {"type": "integer"}]}}, "All 7?", 7),
        ({"what": {"const": "x"}}, "Ada?", "x"),
        ({"what": {"type": "string", "default": "all"}}, "which?", "all"),
        ({"what": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}}, "4?", {"n": 4}),
        ({"what": {"$ref": "#/$defs/size"}}, "I take size 4", 4),
        ({"what": {"$ref": "https://example.org/schema"}}, "?", ""),
        ({"what": "nonsense"}, "?", ""),
    ],
)
def test_arguments_come_from_the_schema_and_the_question(schema: dict[str, Any], question: str, expected: Any) -> None:
    (name,) = schema
    parameters = {"properties": schema, "required": [name], "$defs": {"size": {"type": "integer"}}}
    assert json.loads(arguments_for(parameters, question)) == {name: expected}


def test_an_optional_argument_is_given_only_where_the_question_names_its_value() -> None:
    parameters = {"properties": {"unit": {"enum": ["mile", "metre"]}, "place": {"type": "string"}}}
    assert json.loads(arguments_for(parameters, "How many miles to Paris?")) == {"unit": "mile"}
    assert json.loads(arguments_for(parameters, "How far to Paris?")) == {}


def test_two_arguments_never_share_a_value() -> None:
    parameters = {"properties": {name: {"type": "number"} for name in "abc"}, "required": ["a", "b", "c"]}
    assert json.loads(arguments_for(parameters, "Add 12 and 30")) == {"a": 12, "b": 30, "c": 0}


@pytest.mark.parametrize(
    "parameters", [{}, {"properties": []}, {"required": "x"}, {"properties": {"a": 1}, "required": 3}]
)
def test_a_schema_that_is_none_gives_no_arguments(parameters: dict[str, Any]) -> None:
    assert arguments_for(parameters, "What?") == "{}"


def test_a_schema_that_refers_to_itself_ends() -> None:
    made = arguments_for({"properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "What?")
    assert made.count("a") < 20
