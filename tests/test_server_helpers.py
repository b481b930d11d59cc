"""Every helper of the openai package, synchronous and asynchronous, each check written once.

Answers are held to the package's own types, and to OpenAI's public document where that is at hand.
"""

import asyncio
import inspect
import io
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import AssistantEventHandler, AsyncAssistantEventHandler, AsyncOpenAI, OpenAI
from openapi_support import Checked, CheckedAsync
from pydantic import BaseModel
from responses_support import models_for_responses
from server_support import serving, without_sunset_warnings

NOTE = b"The code word is heron."
ANSWER = "It says 🙂: The code word is heron."
ASKED: Any = [{"role": "user", "content": "code word"}]
SEARCH: Any = {"type": "file_search"}
WEATHER: Any = {
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
CONTENT: Any = ["step_details.tool_calls[*].file_search.results[*].content"]
HOOKS = tuple(name for name in vars(AssistantEventHandler) if name.startswith("on_"))


class Word(BaseModel):
    """What the model named `json` answers with."""

    word: str


class Driver:
    """One way to call the package: results are awaited where they have to be.

    Args:
        client: `OpenAI` or `AsyncOpenAI`.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self.threads = client.beta.threads
        self.stores = client.vector_stores
        self.is_async = isinstance(client, AsyncOpenAI)

    async def all(self, page: Any) -> list[Any]:
        """Return everything that can be iterated over."""
        if hasattr(page, "__aiter__"):
            return [item async for item in page]
        return list(await done(page))

    async def streamed(self, manager: Any) -> tuple[list[Any], Any]:
        """Return all events of a stream helper, and the stream at its end."""
        if self.is_async:
            async with manager as stream:
                return [event async for event in stream], stream
        with manager as stream:
            return list(stream), stream

    def handler(self) -> Any:
        """Return an event handler that remembers which of its hooks were called."""
        base: Any = AsyncAssistantEventHandler if self.is_async else AssistantEventHandler
        heard: list[str] = []

        def hook(name: str) -> Callable[..., Any]:
            async def hear_async(*_: Any) -> None:
                heard.append(name)

            return hear_async if self.is_async else lambda *_: heard.append(name)

        made = type("Handler", (base,), {name: hook(name) for name in HOOKS})()
        made.heard = heard
        return made

    async def store(self) -> str:
        """Return a vector store with the note in it."""
        store = await done(self.stores.create())
        await done(self.stores.files.upload_and_poll(vector_store_id=store.id, file=("note.txt", NOTE)))
        return str(store.id)

    async def assistant(self, model: str = "first-hit", *tools: Any) -> str:
        """Return an assistant that searches the note, or has functions."""
        resources = {} if tools else {"tool_resources": {"file_search": {"vector_store_ids": [await self.store()]}}}
        made = await done(self.client.beta.assistants.create(model=model, tools=list(tools) or [SEARCH], **resources))
        return str(made.id)

    async def thread(self) -> str:
        """Return a thread with a question."""
        return str((await done(self.threads.create(messages=ASKED))).id)


async def done(result: Any) -> Any:
    """Return what a call returns, synchronous or not."""
    return await result if inspect.isawaitable(result) else result


async def files(driver: Driver, _: Path) -> None:
    file = await done(driver.client.files.create(file=("note.txt", NOTE), purpose="assistants"))
    assert (await done(driver.client.files.wait_for_processing(file.id, poll_interval=0.01))).status == "processed"
    assert (await done(driver.client.files.content(file.id))).content == NOTE
    with pytest.warns(DeprecationWarning, match="should be used instead"):
        assert await done(driver.client.files.retrieve_content(file.id)) == NOTE.decode()
    listed = await driver.all(driver.client.files.list(limit=1))
    assert file.id in [one.id for one in listed]


async def uploads(driver: Driver, folder: Path) -> None:
    path = folder / "note.txt"
    path.write_bytes(NOTE)
    about: Any = {"mime_type": "text/plain", "purpose": "assistants", "part_size": 10}
    by_path = await done(driver.client.uploads.upload_file_chunked(file=path, **about))
    by_bytes = await done(
        driver.client.uploads.upload_file_chunked(file=NOTE, filename="b.txt", bytes=len(NOTE), **about)
    )
    for upload in (by_path, by_bytes):
        assert (await done(driver.client.files.content(upload.file.id))).content == NOTE


async def store_files(driver: Driver, _: Path) -> None:
    store = (await done(driver.stores.create())).id
    helper = driver.stores.files
    begun = await done(helper.upload(vector_store_id=store, file=("a.txt", NOTE)))
    ended = await done(helper.poll(begun.id, vector_store_id=store))
    again = await done(helper.create_and_poll(begun.id, vector_store_id=store, attributes={"year": 2024}))
    other = await done(helper.upload_and_poll(vector_store_id=store, file=("b.txt", b"Cranes dance.")))
    assert {one.status for one in (ended, again, other)} == {"completed"}
    assert [part.text for part in await driver.all(helper.content(again.id, vector_store_id=store))] == [NOTE.decode()]
    assert len(await driver.all(helper.list(store, limit=1))) == 2
    found = await driver.all(driver.stores.search(store, query="cranes"))
    assert [one.filename for one in found] == ["b.txt"]


async def file_batches(driver: Driver, _: Path) -> None:
    store = (await done(driver.stores.create())).id
    helper = driver.stores.file_batches
    uploaded = [("a.txt", NOTE), ("b.txt", io.BytesIO(b"Cranes dance."))]
    batch = await done(helper.upload_and_poll(store, files=uploaded))
    assert (batch.status, batch.file_counts.completed) == ("completed", 2)
    ids = [one.id for one in await driver.all(helper.list_files(batch.id, vector_store_id=store, limit=1))]
    assert len(ids) == 2
    again = await done(helper.create_and_poll(store, file_ids=ids))
    assert (await done(helper.poll(again.id, vector_store_id=store))).file_counts.completed == 2


async def polled_runs(driver: Driver, _: Path) -> None:
    assistant, thread = await driver.assistant(), await driver.thread()
    run = await done(driver.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant))
    assert (await done(driver.threads.runs.poll(run.id, thread_id=thread))).status == "completed"
    messages = await driver.all(driver.threads.messages.list(thread, limit=1, order="asc"))
    assert messages[1].content[0].text.value.startswith(ANSWER)
    steps = await driver.all(driver.threads.runs.steps.list(run.id, thread_id=thread, limit=1, include=CONTENT))
    assert steps[1].step_details.tool_calls[0].file_search.results[0].content[0].text == NOTE.decode()
    run = await done(driver.threads.create_and_run_poll(assistant_id=assistant, thread={"messages": ASKED}))
    assert run.status == "completed"


async def polled_outputs(driver: Driver, _: Path) -> None:
    assistant, thread = await driver.assistant("caller", WEATHER), await driver.thread()
    run = await done(driver.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant))
    outputs = outputs_for(run)
    run = await done(
        driver.threads.runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread, tool_outputs=outputs)
    )
    assert run.status == "completed"


def outputs_for(run: Any) -> list[Any]:
    assert run.status == "requires_action"
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": "sunny"} for call in calls]


async def streamed_runs(driver: Driver, _: Path) -> None:
    assistant, thread = await driver.assistant(), await driver.thread()
    events, stream = await driver.streamed(driver.threads.runs.stream(thread_id=thread, assistant_id=assistant))
    assert events[-1].event == "thread.run.completed"
    assert (await done(stream.get_final_run())).status == "completed"
    (message,) = await done(stream.get_final_messages())
    assert message.content[0].text.value.startswith(ANSWER)
    steps = await done(stream.get_final_run_steps())
    assert [step.type for step in steps] == ["tool_calls", "message_creation"]
    manager = driver.threads.runs.create_and_stream(thread_id=thread, assistant_id=assistant)
    assert (await driver.streamed(manager))[0][-1].event == "thread.run.completed"
    raw = await driver.all(await done(driver.threads.runs.create(thread, assistant_id=assistant, stream=True)))
    assert [event.event for event in raw] == [event.event for event in events]


async def handled_runs(driver: Driver, _: Path) -> None:
    handler = driver.handler()
    manager = driver.threads.create_and_run_stream(
        assistant_id=await driver.assistant(), thread={"messages": ASKED}, event_handler=handler
    )
    await driver.streamed(manager)
    unheard = {"on_exception", "on_timeout", "on_image_file_done", "on_tool_call_delta"}  # a search is told at once
    assert set(handler.heard) == set(HOOKS) - unheard
    assert (handler.heard[0], handler.heard[-1]) == ("on_event", "on_end")


async def handled_outputs(driver: Driver, _: Path) -> None:
    assistant = await driver.assistant("caller", WEATHER)
    handler = driver.handler()
    manager = driver.threads.create_and_run_stream(
        assistant_id=assistant, thread={"messages": ASKED}, event_handler=handler
    )
    _events, stream = await driver.streamed(manager)
    run = await done(stream.get_final_run())
    assert {"on_tool_call_created", "on_tool_call_delta"} <= set(handler.heard)
    handler = driver.handler()
    manager = driver.threads.runs.submit_tool_outputs_stream(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_for(run), event_handler=handler
    )
    async with AsyncExitStack() as stack:
        entered = await stack.enter_async_context(manager) if driver.is_async else stack.enter_context(manager)
        texts = "".join(await driver.all(entered.text_deltas))
    assert texts == "It is sunny."
    assert {"on_message_done", "on_text_delta", "on_end"} <= set(handler.heard)


async def responses(driver: Driver, _: Path) -> None:
    tool: Any = {"type": "file_search", "vector_store_ids": [await driver.store()]}
    asked: Any = {"model": "first-hit", "input": "code word", "tools": [tool]}
    created = await done(driver.client.responses.create(**asked))
    events, stream = await driver.streamed(driver.client.responses.stream(**asked))
    final = await done(stream.get_final_response())
    assert final.output_text == created.output_text
    assert events[-1].type == "response.completed"
    raw = await driver.all(await done(driver.client.responses.create(**asked, stream=True)))
    assert [event.sequence_number for event in raw] == list(range(len(raw)))
    parsed = await done(driver.client.responses.parse(model="json", input="word", text_format=Word))
    assert parsed.output_parsed == Word(word="heron")
    items = await driver.all(driver.client.responses.input_items.list(created.id, limit=1))
    assert [item.type for item in items] == ["message"]


async def conversations(driver: Driver, _: Path) -> None:
    conversation = (await done(driver.client.conversations.create(items=ASKED))).id
    await done(driver.client.responses.create(model="slow", input="Again", conversation=conversation))
    items = await driver.all(driver.client.conversations.items.list(conversation, order="asc", limit=1))
    assert [item.content[0].text for item in items] == ["code word", "Again", "Done."]


async def chat(driver: Driver, _: Path) -> None:
    completions = driver.client.chat.completions
    events, stream = await driver.streamed(completions.stream(model="slow", messages=ASKED))
    assert (await done(stream.get_final_completion())).choices[0].message.content == "Done."
    assert events[-1].type == "content.done"
    parsed = await done(completions.parse(model="json", messages=ASKED, response_format=Word))
    assert parsed.choices[0].message.parsed == Word(word="heron")


CHECKS: tuple[Callable[[Driver, Path], Awaitable[None]], ...] = (
    files,
    uploads,
    store_files,
    file_batches,
    polled_runs,
    polled_outputs,
    streamed_runs,
    handled_runs,
    handled_outputs,
    responses,
    conversations,
    chat,
)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with without_sunset_warnings():
        yield


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving(models=models_for_responses()) as url:
        yield url


@pytest.mark.slow  # the same checks as below
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_helpers_of_the_synchronous_client(
    base_url: str, tmp_path: Path, check: Callable[[Driver, Path], Awaitable[None]]
) -> None:
    options: Any = {"base_url": base_url, "api_key": "none", "max_retries": 0, "_strict_response_validation": True}
    with (
        httpx2.Client(transport=Checked(), base_url=base_url, timeout=20) as http,
        OpenAI(http_client=http, **options) as client,
    ):
        asyncio.run(check(Driver(client), tmp_path))  # type: ignore[arg-type]  # each is a coroutine function


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_helpers_of_the_asynchronous_client(
    base_url: str, tmp_path: Path, check: Callable[[Driver, Path], Awaitable[None]]
) -> None:
    options: Any = {"base_url": base_url, "api_key": "none", "max_retries": 0, "_strict_response_validation": True}

    async def run() -> None:
        async with (
            httpx2.AsyncClient(transport=CheckedAsync(), base_url=base_url, timeout=20) as http,
            AsyncOpenAI(http_client=http, **options) as client,
        ):
            await check(Driver(client), tmp_path)

    asyncio.run(run())
