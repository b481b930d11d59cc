"""A model behind the bridge."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing

from harness.server.bridge.completion import Completion
from harness.server.bridge.endpoint import ChatEndpoint
from harness.server.bridge.failures import bad_answer
from harness.server.bridge.filesearch import MOST_RESULTS, NO_QUERY, TOO_MANY, queries_in, shown_results
from harness.server.bridge.marks import MarkReader
from harness.server.bridge.request import Request, open_request
from harness.server.models.interface import (
    Conversation,
    FunctionCall,
    ModelEvent,
    Refused,
    Searched,
    Segment,
    Sources,
    Stopped,
)
from harness.server.wire import Json
from harness.server.workers import Workers

__all__ = ["BridgedModel"]

_MOST_ROUNDS = 8
"""So often the model may search, or call what does not exist; then it must answer."""
_MOST_SEARCHES = 24
"""Of one answer, over all its rounds."""
_CUT_SHORT = {"length", "content_filter"}


class BridgedModel:
    """Answers by asking an upstream, which searches the files through this server.

    Args:
        name: The model's name, the same here and there.
        endpoint: The upstream.
        searchers: Threads in which the files are searched.
    """

    description = "A model of the upstream chat endpoint."

    def __init__(self, name: str, endpoint: ChatEndpoint, searchers: Workers) -> None:
        self.name = name
        self._endpoint = endpoint
        self._searchers = searchers

    async def answer(self, conversation: Conversation, sources: Sources) -> AsyncGenerator[ModelEvent]:
        """Answer the conversation's last message.

        Closing the generator closes the request to the upstream.

        Raises:
            ModelFailed: The upstream could not, or does not come to an end.
        """
        answer = _Answer(self._endpoint, open_request(self.name, conversation), sources, self._searchers)
        for number in range(_MOST_ROUNDS + 1):
            async with aclosing(answer.round(is_first=number == 0, is_last=number == _MOST_ROUNDS)) as events:
                async for event in events:
                    yield event
            if answer.is_over:
                return
        raise bad_answer(f"asked for tools {_MOST_ROUNDS + 1} times in a row and gave no answer")


class _Answer:
    """An answer under way: completions, with searches between them."""

    def __init__(self, endpoint: ChatEndpoint, request: Request, sources: Sources, searchers: Workers) -> None:
        self.is_over = False
        self._endpoint = endpoint
        self._request = request
        self._sources = sources
        self._searchers = searchers
        self._results = 0
        self._searches = 0
        self._spoken = ""
        self._written = 0

    async def round(self, *, is_first: bool, is_last: bool) -> AsyncGenerator[ModelEvent]:
        """Ask for one completion, pass on its words, and answer its searches."""
        max_tokens = self._tokens_left()
        if max_tokens == 0:
            for event in self._ending("length"):
                yield event
            return
        completion = Completion()
        must_search = is_first and self._request.is_search_forced
        body = self._request.body(is_first=is_first, is_last=is_last, max_tokens=max_tokens)
        async with aclosing(self._said(completion, body)) as said:
            held = [segment async for segment in said] if must_search else []
            async for segment in said:
                yield segment
        if completion.is_empty or completion.finish_reason == "error":
            raise bad_answer("gave no answer" if completion.is_empty else "ended its answer with an error")
        calls = completion.calls(self._request.call_ids) if completion.finish_reason not in _CUT_SHORT else []
        if must_search and not calls and completion.finish_reason not in _CUT_SHORT:
            # The upstream passes over `tool_choice`. What it says without a search is not the answer that is wanted.
            calls, held, self._spoken = [self._request.own_search()], [], ""
        for event in held:
            yield event
        if completion.used is not None:
            self._written += completion.used.completion_tokens
            yield completion.used
        async with aclosing(self._called(completion, calls) if calls else self._ended(completion)) as events:
            async for event in events:
                yield event

    async def _said(self, completion: Completion, body: Json) -> AsyncGenerator[Segment]:
        """Yield what the model says, as it says it."""
        marks = MarkReader() if self._request.search_tool is not None else None
        is_silent = True
        async with aclosing(self._endpoint.chunks(body)) as chunks:
            async for chunk in chunks:
                text = completion.take(chunk)
                if is_silent:  # models put blank lines before a call: no words
                    text = self._joint + text.lstrip() if text.strip() else ""
                if text:
                    is_silent = False
                    self._spoken = text[-1:]
                    for segment in marks.read(text, self._results) if marks else (Segment(text=text),):
                        yield segment
        for segment in marks.finish(self._results) if marks else ():
            yield segment

    @property
    def _joint(self) -> str:
        """What parts these words from those before an earlier call."""
        return "\n\n" if self._spoken.strip() else ""

    async def _called(self, completion: Completion, calls: Sequence[FunctionCall]) -> AsyncGenerator[ModelEvent]:
        """Answer the searches among the calls, and hand out the others."""
        outputs: list[tuple[FunctionCall, str]] = []
        handed_out: list[FunctionCall] = []
        for call in calls:
            if call.name == self._request.search_tool:
                searches, output = await self._search(call)
                for searched in searches:
                    yield searched
                outputs.append((call, output))
            elif call.name in self._request.function_names:
                handed_out.append(call)
            else:
                outputs.append((call, f"There is no function `{call.name}`."))
        if not handed_out:
            self._request.add(completion.text, outputs)
            return
        # What was searched for beside them is searched for again when the client comes back with their outputs.
        for call in handed_out if self._request.conversation.is_parallel else handed_out[:1]:
            yield call
        self.is_over = True

    async def _search(self, call: FunctionCall) -> tuple[list[Searched], str]:
        """Search the files for a call; return what was found, and what the model is told."""
        queries = queries_in(call.arguments)
        searches: list[Searched] = []
        told: list[str] = [] if queries else [NO_QUERY]
        for query in queries:
            if self._searches == _MOST_SEARCHES:
                told.append(TOO_MANY)
                break
            self._searches += 1
            found = await self._searchers.run(self._sources.search, query, MOST_RESULTS)
            self._spoken = ""  # a search ends the message
            searches.append(Searched(queries=(query,), results=tuple(found)))
            told.append(shown_results(found, self._results + 1))
            self._results += len(found)
        return searches, "\n\n".join(told)

    async def _ended(self, completion: Completion) -> AsyncGenerator[ModelEvent]:
        if completion.refusal:
            yield Refused(text=completion.refusal)
        for event in self._ending(completion.finish_reason):
            yield event

    def _ending(self, finish_reason: str | None) -> Iterator[ModelEvent]:
        """End the answer, and say so where it stopped early."""
        self.is_over = True
        if finish_reason == "length":
            yield Stopped(reason="max_completion_tokens")
        elif finish_reason == "content_filter":
            yield Stopped(reason="content_filter")

    def _tokens_left(self) -> int | None:
        """Return how many tokens the answer may still have; None for no limit."""
        limit = self._request.conversation.sampling.max_tokens
        return None if limit is None else max(0, limit - self._written)
