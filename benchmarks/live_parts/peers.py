"""Others who do what we do: the same conversations with the openai package or bare HTTP, and nothing else.

`python -m live_parts.peers NAME URL DOCUMENT CASES CONCURRENCY` (from the folder above). Each sets up a document, a
store and an assistant, has the conversations side by side, checks each answer, and deletes everything.
"""

import asyncio
import json
import sys
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx2

if TYPE_CHECKING:  # annotations only: the peer without the package does not pay for its import
    from openai import AsyncOpenAI

INCLUDE: Final = "step_details.tool_calls[*].file_search.results[*].content"
INSTRUCTIONS = "Answer only from the attached document, in two sentences. If it does not hold the answer, say so."


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """What a peer works on."""

    url: str
    document: Path
    cases: int
    concurrency: int

    def prompt(self, number: int) -> str:
        """Return what is asked in a case."""
        return f"How many goods did branch {number} sell?"

    def check(self, number: int, answer: str, results: int) -> None:
        """Hold an answer against its case."""
        assert f"branch {number} sold" in answer, answer
        assert results > 0, "no search results"

    async def side_by_side(self, ask: Callable[[int], Awaitable[None]]) -> None:
        """Ask all, so many at once."""
        room = asyncio.Semaphore(self.concurrency)

        async def one(number: int) -> None:
            async with room:
                await ask(number)

        await asyncio.gather(*(one(number) for number in range(self.cases)))


async def _set_up(client: "AsyncOpenAI", bench: Bench) -> tuple[str, list[tuple[Any, str]]]:
    """Return the assistant's id, and what is to be deleted in the end."""
    file = await client.files.create(file=(bench.document.name, bench.document.read_bytes()), purpose="assistants")
    store = await client.vector_stores.create(name="bench", file_ids=[file.id])
    while store.status == "in_progress":
        await asyncio.sleep(0.1)
        store = await client.vector_stores.retrieve(store.id)
    assistant = await client.beta.assistants.create(
        model="fake",
        instructions=INSTRUCTIONS,
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
    )
    made = [(client.beta.assistants, assistant.id), (client.vector_stores, store.id), (client.files, file.id)]
    return assistant.id, made


def _client(bench: Bench) -> "AsyncOpenAI":
    from openai import AsyncOpenAI

    return AsyncOpenAI(base_url=bench.url, api_key="none")


async def _with_assistant(
    bench: Bench, ask: Callable[["AsyncOpenAI", str, int], Awaitable[tuple[str, str, int]]]
) -> None:
    """Have all conversations; `ask` returns its thread, the answer and the number of search results."""
    async with _client(bench) as client:
        assistant_id, made = await _set_up(client, bench)

        async def one(number: int) -> None:
            thread_id, answer, results = await ask(client, assistant_id, number)
            await client.beta.threads.delete(thread_id)
            bench.check(number, answer, results)

        await bench.side_by_side(one)
        for resource, identifier in made:
            await resource.delete(identifier)


async def sdk_poll(bench: Bench) -> None:
    """Create, poll, then list messages and steps: as the package's documentation shows it."""

    async def ask(client: "AsyncOpenAI", assistant_id: str, number: int) -> tuple[str, str, int]:
        threads = client.beta.threads
        thread = await threads.create(messages=[{"role": "user", "content": bench.prompt(number)}])
        run = await threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant_id)
        messages = await threads.messages.list(thread.id, run_id=run.id)
        steps = await threads.runs.steps.list(run.id, thread_id=thread.id, include=[INCLUDE])
        found: Any = next(step.step_details for step in steps.data if step.type == "tool_calls")
        text: Any = messages.data[0].content[0]
        return thread.id, text.text.value, len(found.tool_calls[0].file_search.results)

    await _with_assistant(bench, ask)


async def sdk_stream(bench: Bench) -> None:
    """Read the run's stream as the package's own event types."""

    async def ask(client: "AsyncOpenAI", assistant_id: str, number: int) -> tuple[str, str, int]:
        threads = client.beta.threads
        thread = await threads.create(messages=[{"role": "user", "content": bench.prompt(number)}])
        answer, results = "", 0
        stream: Any = await threads.runs.create(thread.id, assistant_id=assistant_id, include=[INCLUDE], stream=True)
        async for event in stream:
            data: Any = event.data
            if event.event == "thread.message.completed":
                answer = data.content[0].text.value
            elif event.event == "thread.run.step.completed" and data.type == "tool_calls":
                results = len(data.step_details.tool_calls[0].file_search.results)
        return thread.id, answer, results

    await _with_assistant(bench, ask)


async def sdk_stream_untyped(bench: Bench) -> None:
    """Read the run's stream by the package's client, as plain data."""
    from openai import AsyncStream

    async def ask(client: "AsyncOpenAI", assistant_id: str, number: int) -> tuple[str, str, int]:
        messages = [{"role": "user", "content": bench.prompt(number)}]
        thread: Any = await client.post("/threads", body={"messages": messages}, cast_to=object)
        answer, results = "", 0
        stream = await client.post(
            f"/threads/{thread['id']}/runs",
            body={"assistant_id": assistant_id, "stream": True},
            options={"params": {"include[]": INCLUDE}},
            cast_to=object,
            stream=True,
            stream_cls=AsyncStream[object],
        )
        async for event in stream:
            found = read_event(event)
            answer, results = found[0] or answer, found[1] or results
        return thread["id"], answer, results

    await _with_assistant(bench, ask)


def read_event(event: Any) -> tuple[str, int]:
    """Return answer and number of results as far as an event tells them."""
    data = event.get("data", event)
    if data.get("object") == "thread.message" and data.get("status") == "completed":
        return data["content"][0]["text"]["value"], 0
    if data.get("object") == "thread.run.step" and data["type"] == "tool_calls" and data["status"] == "completed":
        return "", len(data["step_details"]["tool_calls"][0]["file_search"]["results"])
    return "", 0


async def sdk_chat(bench: Bench) -> None:
    """Ask chat completions: no thread, no search, one request a case."""
    async with _client(bench) as client:

        async def one(number: int) -> None:
            message = bench.prompt(number)
            said = await client.chat.completions.create(model="fake", messages=[{"role": "user", "content": message}])
            assert said.choices[0].message.content

        await bench.side_by_side(one)


async def raw(bench: Bench) -> None:
    """Do it with bare HTTP: what any client in Python could come to at best."""
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx2.AsyncClient(base_url=bench.url, timeout=60, limits=limits) as client:

        async def post(path: str, **options: Any) -> Any:
            return (await client.post(path, **options)).raise_for_status().json()["id"]

        content = {"file": (bench.document.name, bench.document.read_bytes())}
        file = await post("/files", files=content, data={"purpose": "assistants"})
        store = await post("/vector_stores", json={"file_ids": [file]})
        assistant = await post("/assistants", json={"model": "fake", "instructions": INSTRUCTIONS})

        async def one(number: int) -> None:
            messages = [{"role": "user", "content": bench.prompt(number)}]
            thread = await post("/threads", json={"messages": messages})
            body, query = {"assistant_id": assistant, "stream": True}, {"include[]": INCLUDE}
            answer, results = "", 0
            async with client.stream("POST", f"/threads/{thread}/runs", json=body, params=query) as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: {"):
                        found = read_event(json.loads(line[6:]))
                        answer, results = found[0] or answer, found[1] or results
            (await client.delete(f"/threads/{thread}")).raise_for_status()
            bench.check(number, answer, results)

        await bench.side_by_side(one)
        for path in (f"/assistants/{assistant}", f"/vector_stores/{store}", f"/files/{file}"):
            await client.delete(path)


PEERS = {
    "sdk_poll": sdk_poll,
    "sdk_stream": sdk_stream,
    "sdk_stream_untyped": sdk_stream_untyped,
    "sdk_chat": sdk_chat,
    "raw": raw,
}


def main() -> None:
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    name, url, document, cases, concurrency = sys.argv[1:]
    bench = Bench(url=url, document=Path(document), cases=int(cases), concurrency=int(concurrency))
    asyncio.run(PEERS[name](bench))


if __name__ == "__main__":
    main()
