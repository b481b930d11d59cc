"""The bridge's model, asked directly, before a scripted chat endpoint over real HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from bridge_support import TIME, WEATHER, answer, answers, cites_of, kinds, queries_of, question, text_of
from chat_endpoint import (
    ChatEndpointServer,
    called,
    chat_endpoint,
    chunk,
    events,
    raw,
    refused,
    said,
    searched,
)

from harness.server.bridge.marks import without_marks
from harness.server.models.interface import (
    FunctionCall,
    FunctionOutput,
    FunctionTool,
    Message,
    ModelFailed,
    Refused,
    Sampling,
    Segment,
    Stopped,
    Used,
)


@pytest.fixture(scope="module")
def running() -> Iterator[ChatEndpointServer]:
    with chat_endpoint() as server:
        yield server


@pytest.fixture
def upstream(running: ChatEndpointServer) -> ChatEndpointServer:
    running.play(said("Yes."))
    return running


# Words, searches and citations


def test_words_are_passed_on_with_the_tokens_that_were_counted(upstream: ChatEndpointServer) -> None:
    upstream.play(said("Four ", "weeks."))

    told = answer(upstream)

    assert text_of(told) == "Four weeks."
    assert told[-1] == Used(prompt_tokens=10, completion_tokens=5)


def test_a_search_is_answered_from_the_files_and_its_marks_become_citations(upstream: ChatEndpointServer) -> None:
    upstream.play(searched("loan period"), said("Four weeks 【", "2】. And ", "more.【1】 End."))

    told = answer(upstream)

    assert kinds(told)[:2] == ["Used", "Searched"]
    assert queries_of(told) == ["loan period"]
    assert text_of(told) == "Four weeks. And more. End."
    assert [event.cites for event in told if isinstance(event, Segment) and event.cites] == [(1,), (0,)]
    call, output = upstream.bodies[1]["messages"][-2:]
    assert call["tool_calls"][0]["id"] == output["tool_call_id"]
    assert output["content"] == "【1】 a.md\nloan period: first\n\n【2】 a.md\nloan period: second"


def test_results_of_later_searches_count_on(upstream: ChatEndpointServer) -> None:
    both = called(("file_search", '{"query": "b"}'), ("file_search", '{"queries": ["c", "d", "c"]}'))
    upstream.play(searched("a"), both, said("Done【5】【8】【9】."))

    told = answer(upstream)

    assert queries_of(told) == ["a", "b", "c", "d"]
    assert cites_of(told) == [4, 7]
    last = upstream.bodies[2]["messages"][-1]["content"]
    assert [line for line in last.splitlines() if line.startswith("【")] == [f"【{n}】 a.md" for n in (5, 6, 7, 8)]


def test_the_model_is_told_how_to_cite_behind_the_users_instructions(upstream: ChatEndpointServer) -> None:
    answer(upstream)

    (system, user) = upstream.bodies[0]["messages"]
    assert system["content"].startswith("Be brief.\n\nUse the tool file_search")
    assert "【1】" in system["content"]
    assert user == {"role": "user", "content": "How long?"}


def test_without_file_search_there_is_no_tool_and_brackets_are_words(upstream: ChatEndpointServer) -> None:
    upstream.play(said("See 【3】."))

    told = answer(upstream, question(has_file_search=False))

    assert text_of(told) == "See 【3】."
    assert upstream.bodies[0]["messages"][0]["content"] == "Be brief."
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & set(upstream.bodies[0])


def test_marks_of_earlier_answers_are_not_told_again(upstream: ChatEndpointServer) -> None:
    earlier = (Message(role="user", text="A?"), Message(role="assistant", text="B 【4:0†source】."))

    answer(upstream, question(messages=(*earlier, Message(role="user", text="C?"))))

    assert [message["content"] for message in upstream.bodies[0]["messages"][1:]] == ["A?", "B.", "C?"]
    assert without_marks("【重要】 A【1】") == "【重要】 A"


def test_the_search_takes_another_name_where_a_function_has_it(upstream: ChatEndpointServer) -> None:
    upstream.play(called(("search_files", '{"query": "a"}'), ("file_search", "{}")))

    told = answer(upstream, question(functions=(FunctionTool(name="file_search"),)))

    assert queries_of(told) == ["a"]
    assert [event.name for event in told if isinstance(event, FunctionCall)] == ["file_search"]


@pytest.mark.parametrize(
    ("arguments", "queries"),
    [
        ("what does a loan cost", ["what does a loan cost"]),
        ('{"query": "cut sho', ['"query": "cut sho']),
        ('"as a text"', ["as a text"]),
        ('{"queries": "one"}', ["one"]),
        ("[" * 100_000, ["[" * 2000]),
        ('{"query": 7}', []),
        ("{}", []),
        ("", []),
        ("null", []),
    ],
)
def test_calls_that_are_no_good_json_are_understood_or_explained(
    upstream: ChatEndpointServer, arguments: str, queries: list[str]
) -> None:
    upstream.play(called(("file_search", arguments)), said("Well."))

    told = answer(upstream)

    assert queries_of(told) == queries
    assert ("has no query" in upstream.bodies[1]["messages"][-1]["content"]) == (not queries)
    assert isinstance(json.loads(upstream.bodies[1]["messages"][-2]["tool_calls"][0]["function"]["arguments"]), dict)


def test_a_model_that_searches_for_ever_is_made_to_answer(upstream: ChatEndpointServer) -> None:
    upstream.play(*[searched("again")] * 8, said("Enough."))

    assert text_of(answer(upstream)) == "Enough."
    assert [body["tool_choice"] for body in upstream.bodies] == ["auto"] * 8 + ["none"]


def test_a_model_that_cannot_be_stopped_fails(upstream: ChatEndpointServer) -> None:
    upstream.play(called(*[("file_search", '{"queries": ["a", "b", "c", "d", "e"]}')] * 3))

    with pytest.raises(ModelFailed, match="asked for tools 9 times in a row and gave no answer"):
        answer(upstream)

    outputs = [message["content"] for message in upstream.bodies[-1]["messages"] if message["role"] == "tool"]
    assert sum(output.count("first") for output in outputs) == 24
    assert outputs[-1] == "No more searches: answer from what was found."


def test_a_search_that_is_forced_and_not_made_is_made_for_the_model(upstream: ChatEndpointServer) -> None:
    upstream.play(said("I know already."), said("Four weeks【1】."))

    told = answer(upstream, question(is_search_forced=True))

    assert upstream.bodies[0]["tool_choice"] == {"type": "function", "function": {"name": "file_search"}}
    assert upstream.bodies[1]["tool_choice"] == "auto"
    assert queries_of(told) == ["How long?"]
    assert text_of(told) == "Four weeks."


# Functions


def test_functions_go_out_and_searches_beside_them_are_answered_here(upstream: ChatEndpointServer) -> None:
    upstream.play(
        called(("weather", '{"city": "Bern"}'), ("file_search", '{"query": "a"}'), ("time", "{}"), text="Hm.")
    )

    told = answer(upstream, question(functions=(WEATHER, TIME)))

    assert kinds(told) == ["Segment", "Used", "Searched", "FunctionCall", "FunctionCall"]
    assert told[-2] == FunctionCall(id="up0", name="weather", arguments='{"city": "Bern"}')
    assert len(upstream.bodies) == 1


def test_functions_are_described_with_strictness(upstream: ChatEndpointServer) -> None:
    answer(upstream, question(functions=(WEATHER, TIME), is_parallel=False, has_file_search=False))

    body = upstream.bodies[0]
    assert [tool["function"] for tool in body["tools"]] == [
        {"name": "weather", "description": "Tell the weather.", "parameters": {"type": "object"}, "strict": True},
        {"name": "time", "parameters": {"type": "object", "properties": {}}},
    ]
    assert body["parallel_tool_calls"] is False


def test_only_one_function_goes_out_where_parallel_calls_are_off(upstream: ChatEndpointServer) -> None:
    upstream.play(called(("weather", "{}"), ("time", "{}")))

    told = answer(upstream, question(functions=(WEATHER, TIME), is_parallel=False))

    assert [event.name for event in told if isinstance(event, FunctionCall)] == ["weather"]


@pytest.mark.parametrize(
    ("fields", "choice"),
    [
        ({}, "auto"),
        ({"tool_choice": "required"}, "required"),
        ({"forced_function": "time"}, {"type": "function", "function": {"name": "time"}}),
        ({"tool_choice": "none"}, None),
    ],
)
def test_the_choice_of_tools_is_passed_on(upstream: ChatEndpointServer, fields: dict[str, Any], choice: object) -> None:
    answer(upstream, question(functions=(TIME,), **fields))

    assert upstream.bodies[0].get("tool_choice") == choice
    assert ("tools" in upstream.bodies[0]) == (choice is not None)


def test_a_required_tool_is_required_once(upstream: ChatEndpointServer) -> None:
    upstream.play(searched("a"), said("Yes."))

    answer(upstream, question(functions=(TIME,), tool_choice="required"))

    assert [body["tool_choice"] for body in upstream.bodies] == ["required", "auto"]


def test_a_function_that_nobody_offered_is_told_to_be_missing(upstream: ChatEndpointServer) -> None:
    upstream.play(called(("launch", "{}")), said("Then not."))

    assert text_of(answer(upstream)) == "Then not."
    assert upstream.bodies[1]["messages"][-1]["content"] == "There is no function `launch`."


def test_outputs_go_back_as_a_valid_chat(upstream: ChatEndpointServer) -> None:
    items = (
        Message(role="user", text="Weather and time?"),
        Message(role="assistant", text="Let me see."),
        FunctionCall(id="a", name="weather", arguments="no json"),
        FunctionCall(id="b", name="time", arguments="{}"),
        FunctionOutput(call_id="b", output="noon"),
        FunctionOutput(call_id="lost", output="?"),
        FunctionCall(id="c", name="time", arguments='{"zone": 1}'),
        FunctionOutput(call_id="c", output="one"),
        Message(role="user", text="So?"),
    )

    answer(upstream, question(messages=items, functions=(WEATHER, TIME), tool_choice="none", has_file_search=False))

    _, user, first, out_a, out_b, second, out_c, last = upstream.bodies[0]["messages"]
    assert [call["id"] for call in first["tool_calls"]] == ["a", "b"]
    assert first["content"] == "Let me see."
    assert json.loads(first["tool_calls"][0]["function"]["arguments"]) == {"text": "no json"}
    assert [(one["tool_call_id"], one["content"]) for one in (out_a, out_b, out_c)] == [
        ("a", "This call was not answered."),
        ("b", "noon"),
        ("c", "one"),
    ]
    assert second["tool_calls"][0]["function"]["arguments"] == '{"zone": 1}'
    assert (user["content"], last["content"]) == ("Weather and time?", "So?")
    assert upstream.bodies[0]["tool_choice"] == "none"
    assert len(upstream.bodies[0]["tools"]) == 2


def test_ids_that_were_used_before_are_replaced(upstream: ChatEndpointServer) -> None:
    upstream.play(called(("time", "{}"), ("time", "{}")))
    before = (FunctionCall(id="up0", name="time", arguments="{}"), FunctionOutput(call_id="up0", output="noon"))

    told = answer(upstream, question(messages=before, functions=(TIME,)))

    first, second = (event.id for event in told if isinstance(event, FunctionCall))
    assert first.startswith("call_")
    assert second == "up1"


@pytest.mark.parametrize(
    "deltas",
    [
        [{"index": 0, "id": "a", "name": "time"}, {"index": 0, "id": "b", "name": "weather"}],
        [{"id": "a", "name": "time"}, {"id": "b", "name": "weather"}],
        [{"name": "time"}, {"name": "weather"}],
    ],
)
def test_calls_that_are_numbered_badly_are_told_apart(
    upstream: ChatEndpointServer, deltas: list[dict[str, Any]]
) -> None:
    calls = [{**one, "function": {"name": one.pop("name"), "arguments": {"n": 1}}} for one in map(dict, deltas)]
    upstream.play(events(*(chunk({"tool_calls": [call]}) for call in calls), chunk({}, "tool_calls")))

    told = answer(upstream, question(functions=(WEATHER, TIME)))

    asked = [event for event in told if isinstance(event, FunctionCall)]
    assert [(call.name, call.arguments) for call in asked] == [("time", '{"n": 1}'), ("weather", '{"n": 1}')]
    assert len({call.id for call in asked}) == 2


# Sampling, usage, endings


def test_sampling_is_passed_on(upstream: ChatEndpointServer) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    sampling = Sampling(temperature=0.0, top_p=0.5, max_tokens=300, response_format=schema)

    answer(upstream, question(sampling=sampling))

    body = upstream.bodies[0]
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.0, 0.5, 300)
    assert body["response_format"] == schema
    assert body["stream_options"] == {"include_usage": True}
    assert body["model"] == "m"


def test_what_is_not_asked_for_is_not_sent(upstream: ChatEndpointServer) -> None:
    answer(upstream, question(has_file_search=False))

    assert set(upstream.bodies[0]) == {"model", "messages", "stream", "stream_options"}


def test_refused_parameters_are_spared_or_renamed_and_that_is_remembered(upstream: ChatEndpointServer) -> None:
    upstream.play(
        refused(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        raw(b'{"detail": [{"loc": ["body", "stream_options"], "msg": "extra"}]}', status=422),
        said("Yes."),
    )
    asked = question(sampling=Sampling(max_tokens=300))

    told = answers(upstream, [asked, asked])

    assert [text_of(one) for one in told] == ["Yes.", "Yes."]
    assert len(upstream.bodies) == 4
    for body in upstream.bodies[2:]:
        assert body["max_completion_tokens"] == 300
        assert not {"max_tokens", "stream_options"} & set(body)


def test_a_refused_temperature_is_told_and_not_left_out(upstream: ChatEndpointServer) -> None:
    upstream.play(refused(400, "Unsupported value: 'temperature' does not support 0 with this model."))

    with pytest.raises(ModelFailed, match=r"refuses the request \(400\): Unsupported value: 'temperature'") as caught:
        answer(upstream, question(sampling=Sampling(temperature=0)))

    assert caught.value.code == "invalid_prompt"
    assert len(upstream.bodies) == 1


def test_rounds_share_the_tokens_of_an_answer(upstream: ChatEndpointServer) -> None:
    first = called(("file_search", '{"query": "a"}'), used=(100, 200))
    upstream.play(first, called(("file_search", '{"query": "b"}'), used=(100, 100)))

    told = answer(upstream, question(sampling=Sampling(max_tokens=300)))

    assert [body["max_tokens"] for body in upstream.bodies] == [300, 100]
    assert told[-1] == Stopped(reason="max_completion_tokens")


@pytest.mark.parametrize(
    ("finish", "reason"), [("length", "max_completion_tokens"), ("content_filter", "content_filter")]
)
def test_answers_that_were_stopped_say_so(upstream: ChatEndpointServer, finish: str, reason: Any) -> None:
    upstream.play(said("Half an", finish=finish))

    assert answer(upstream)[-1] == Stopped(reason=reason)


def test_a_call_that_was_cut_is_not_made(upstream: ChatEndpointServer) -> None:
    delta = {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "time", "arguments": '{"a'}}]}
    upstream.play(events(chunk(delta), chunk({}, "length")))

    assert answer(upstream, question(functions=(TIME,))) == [Stopped(reason="max_completion_tokens")]


def test_a_refusal_is_one_and_thoughts_are_no_words(upstream: ChatEndpointServer) -> None:
    thought, refusal = chunk({"reasoning_content": "Hmm."}), [chunk({"refusal": text}) for text in ("I ", "can't.")]
    upstream.play(events(thought, *refusal, chunk({"content": None}), chunk({}, "stop")))

    assert answer(upstream) == [Refused(text="I can't.")]


def test_thoughts_among_the_parts_of_the_content_are_no_words(upstream: ChatEndpointServer) -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hmm."}]}, {"type": "text", "text": "Yes."}]
    upstream.play(events(chunk({"content": parts}), chunk({}, "stop")))

    assert text_of(answer(upstream)) == "Yes."


def test_blank_lines_before_a_call_are_no_words(upstream: ChatEndpointServer) -> None:
    upstream.play(called(("file_search", '{"query": "a"}'), text="\n\n"), said("\n", "\nYes."))

    assert kinds(answer(upstream)) == ["Used", "Searched", "Segment", "Used"]
