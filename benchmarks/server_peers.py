"""Drive a running embedded server with other people's Assistants clients: LangChain's, LlamaIndex's, LiteLLM's.

    harness serve --port 8080
    python benchmarks/server_peers.py --url http://127.0.0.1:8080/v1

Run it where they are installed (`langchain-classic langchain-community langchain-openai`, `litellm`; LlamaIndex's class
stands in old packages only: `llama-index-agent-openai<0.5`), one or several at a time; what is missing is skipped, and
said so. Each check answers a question from an uploaded file, calls a function, or uses one more thing that the peer
offers. The last line is one JSON object: for each peer its version and, check by check, "works" or what went wrong.
"""

import argparse
import asyncio
import importlib.metadata
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

NOTE = b"Herons wade in the river. Cranes dance at dawn."
FILE_QUESTION = "Where do herons wade?"
WEATHER_QUESTION = "What is the weather in Oslo?"
RULES = "Answer only from the files."


def get_weather(city: str) -> str:
    """Return the weather of a city."""
    return f"grey in {city}"


WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Return the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def holds(text: object, wanted: str) -> None:
    """Fail where an answer lacks what it should hold."""
    if wanted not in str(text):
        raise AssertionError(f"{wanted!r} is not in {str(text)[:300]!r}")


def filled_store() -> str:
    """Return a vector store with a note in it, made by the openai package."""
    from openai import OpenAI

    client = OpenAI(max_retries=0)
    store = client.vector_stores.create().id
    client.vector_stores.file_batches.upload_and_poll(store, files=[("note.txt", NOTE)])
    return store


def langchain_checks() -> dict[str, Callable[[], None]]:
    """Return the checks of `OpenAIAssistantRunnable` and `OpenAIAssistantV2Runnable`."""
    from langchain_classic.agents import AgentExecutor
    from langchain_classic.agents.openai_assistant import OpenAIAssistantRunnable
    from langchain_community.agents.openai_assistant import OpenAIAssistantV2Runnable
    from langchain_core.tools import tool

    def searching(**options: Any) -> Any:
        return OpenAIAssistantV2Runnable.create_assistant(
            name="A",
            instructions=RULES,
            tools=[{"type": "file_search"}],
            model="extractive",
            tool_resources={"file_search": {"vector_store_ids": [filled_store()]}},
            check_every_ms=20,
            **options,
        )

    def invoke() -> None:
        holds(searching().invoke({"content": FILE_QUESTION}), "river")

    def ainvoke() -> None:
        from openai import AsyncOpenAI

        runnable = searching()
        runnable.async_client = AsyncOpenAI(max_retries=0)
        holds(asyncio.run(runnable.ainvoke({"content": FILE_QUESTION})), "river")

    def same_thread() -> None:
        runnable = searching()
        first = runnable.invoke({"content": FILE_QUESTION})
        thread = first[0].thread_id
        holds(runnable.invoke({"content": "When do cranes dance?", "thread_id": thread}), "dawn")

    def first_version() -> None:
        runnable = OpenAIAssistantRunnable.create_assistant(
            name="A", instructions=RULES, tools=[WEATHER], model="extractive", check_every_ms=20, as_agent=True
        )
        actions = runnable.invoke({"content": WEATHER_QUESTION})
        holds(actions[0].tool_input, "Oslo")
        outputs = [{"tool_call_id": action.tool_call_id, "output": "grey"} for action in actions]
        again = {"tool_outputs": outputs, "run_id": actions[0].run_id, "thread_id": actions[0].thread_id}
        holds(runnable.invoke(again).return_values, "grey")

    def agent_executor() -> None:
        tools = [tool(get_weather)]
        agent = OpenAIAssistantV2Runnable.create_assistant(
            name="A", instructions=RULES, tools=tools, model="extractive", as_agent=True, check_every_ms=20
        )
        holds(AgentExecutor(agent=agent, tools=tools).invoke({"content": WEATHER_QUESTION})["output"], "grey in Oslo")

    checks = (invoke, ainvoke, same_thread, first_version, agent_executor)
    return {check.__name__: check for check in checks}


def llamaindex_checks() -> dict[str, Callable[[], None]]:
    """Return the checks of `OpenAIAssistantAgent`."""
    from llama_index.agent.openai import OpenAIAssistantAgent
    from llama_index.core.tools import FunctionTool

    def agent(**options: Any) -> Any:
        return OpenAIAssistantAgent.from_new(
            name="A", instructions=RULES, model="extractive", run_retrieve_sleep_time=0.02, **options
        )

    def chat() -> None:
        from openai import OpenAI

        made = agent(openai_tools=[{"type": "file_search"}])
        resources: Any = {"file_search": {"vector_store_ids": [filled_store()]}}
        OpenAI().beta.assistants.update(made.assistant.id, tool_resources=resources)
        holds(made.chat(FILE_QUESTION), "river")

    def function() -> None:
        holds(agent(tools=[FunctionTool.from_defaults(fn=get_weather)]).chat(WEATHER_QUESTION), "grey in Oslo")

    def achat() -> None:
        made = agent(tools=[FunctionTool.from_defaults(fn=get_weather)])
        holds(asyncio.run(made.achat(WEATHER_QUESTION)), "grey in Oslo")

    def files() -> None:
        made = agent(openai_tools=[{"type": "file_search"}])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "note.txt")
            path.write_bytes(NOTE)
            file_ids = list(made.upload_files([str(path)]))
        made.add_message(FILE_QUESTION, file_ids=file_ids, tools=[{"type": "file_search"}])
        made.run_assistant()
        holds(made.latest_message.content, "river")

    def from_existing() -> None:
        made = OpenAIAssistantAgent.from_existing(
            agent().assistant.id,
            tools=[FunctionTool.from_defaults(fn=get_weather)],
            run_retrieve_sleep_time=0.02,
        )
        made.chat("Hello")
        holds(len(made.chat_history), "2")

    checks = (chat, files, function, achat, from_existing)
    return {check.__name__: check for check in checks}


def litellm_checks() -> dict[str, Callable[[], None]]:
    """Return the checks of LiteLLM's assistants functions."""
    import litellm

    where: Any = {
        "custom_llm_provider": "openai",
        "api_base": os.environ["OPENAI_BASE_URL"],
        "api_key": os.environ["OPENAI_API_KEY"],
    }

    def assistant() -> str:
        resources = {"file_search": {"vector_store_ids": [filled_store()]}}
        tools = [{"type": "file_search"}]
        return str(
            litellm.create_assistants(model="extractive", tools=tools, tool_resources=resources, name="A", **where).id
        )

    def asked() -> str:
        return str(litellm.create_thread(messages=[{"role": "user", "content": FILE_QUESTION}], **where).id)

    def run_thread() -> None:
        thread = asked()
        litellm.run_thread(thread_id=thread, assistant_id=assistant(), **where)
        holds(litellm.get_messages(thread_id=thread, **where), "river")

    def run_thread_stream() -> None:
        with litellm.run_thread_stream(thread_id=asked(), assistant_id=assistant(), **where) as stream:
            holds([event.event for event in stream], "thread.run.completed")

    def arun_thread() -> None:
        async def run() -> None:
            thread = asked()
            await litellm.arun_thread(thread_id=thread, assistant_id=assistant(), **where)
            holds(await litellm.aget_messages(thread_id=thread, **where), "river")

        asyncio.run(run())

    def add_message() -> None:
        thread = litellm.create_thread(**where).id
        litellm.add_message(thread_id=thread, role="user", content=FILE_QUESTION, **where)
        litellm.run_thread(thread_id=thread, assistant_id=assistant(), **where)
        holds(litellm.get_messages(thread_id=thread, **where), "river")

    def lists_and_deletes() -> None:
        made = assistant()
        holds([one.id for one in litellm.get_assistants(**where).data], made)
        litellm.delete_assistant(assistant_id=made, **where)
        if made in [one.id for one in litellm.get_assistants(**where).data]:
            raise AssertionError("a deleted assistant is still listed")

    checks = (run_thread, run_thread_stream, arun_thread, add_message, lists_and_deletes)
    return {check.__name__: check for check in checks}


PEERS: dict[str, tuple[str, Callable[[], dict[str, Callable[[], None]]]]] = {
    "LangChain": ("langchain-community", langchain_checks),
    "LlamaIndex": ("llama-index-agent-openai", llamaindex_checks),
    "LiteLLM": ("litellm", litellm_checks),
}


def outcome_of(check: Callable[[], None]) -> str:
    """Run a check and return "works" or what went wrong."""
    try:
        check()
    except Exception as error:  # noqa: BLE001  # other people's code: whatever it raises is what we are after
        return f"{type(error).__name__}: {error}"[:300]
    return "works"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", required=True, help="base URL of a running server")
    parser.add_argument("--key", default="none", help="its API key, where it has one")
    options = parser.parse_args()
    os.environ.update(OPENAI_BASE_URL=options.url, OPENAI_API_KEY=options.key, LITELLM_LOCAL_MODEL_COST_MAP="True")
    warnings.simplefilter("ignore")
    told: dict[str, Any] = {}
    for name, (package, checks_of) in PEERS.items():
        try:
            version = importlib.metadata.version(package)
            checks = checks_of()
        except ImportError as error:  # `PackageNotFoundError` is one too
            print(f"{name} IS NOT CHECKED: {error} (pip install {package})", file=sys.stderr)
            told[name] = "skipped"
            continue
        told[name] = {"version": version, **{check: outcome_of(work) for check, work in checks.items()}}
    print(json.dumps(told, indent=1))
    print(json.dumps(told))
    good = [text == "works" for peer in told.values() if isinstance(peer, dict) for text in list(peer.values())[1:]]
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
