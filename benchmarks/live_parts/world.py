"""What the fake server knows: its objects, how runs come along, and who asked for what when."""

import itertools
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from live_parts.wire import DATE, Json, RunFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """How the fake model is."""

    latency_s: float
    poll_after_ms: int
    results: int
    """Search results a run."""
    length: int
    """Characters of each."""
    deltas: int
    """Pieces that an answer is told in, at most."""


@dataclass(kw_only=True, slots=True)
class Run:
    """A run and when it began."""

    facts: RunFacts
    prompt: str
    began: float


@dataclass(kw_only=True, slots=True)
class Thread:
    """A thread, its user's messages and its runs."""

    prompts: list[str]
    runs: dict[str, Run] = field(default_factory=dict)


class World:
    """All objects.

    Args:
        document: The answers: one paragraph each.
        model: How the model is.
    """

    def __init__(self, document: Path, model: Model) -> None:
        self.model = model
        self.text = document.read_text(encoding="utf-8")
        self.paragraphs = self.text.split("\n\n")
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.numbers = itertools.count(1)
        self.objects: dict[str, str] = {}
        self.threads: dict[str, Thread] = {}
        self.file_id = "file-0"
        self.all_runs: list[Run] = []
        self.asked: Counter[str] = Counter()
        self.first: float | None = None
        self.last = 0.0
        self.cpu_s = time.process_time()

    def make(self, kind: str, prefix: str, fields: Json) -> Json:
        """Return a new object."""
        identifier = f"{prefix}{next(self.numbers):024x}"
        self.objects[identifier] = kind
        return {"id": identifier, "object": kind, "created_at": DATE, **fields}

    def start_run(self, thread_id: str, sent: Json) -> Run:
        """Return a new run of a thread."""
        thread = self.threads[thread_id]
        prompt = thread.prompts[-1]
        answer = self._answer(prompt)
        facts = RunFacts(
            id=f"run_{next(self.numbers):024x}",
            thread_id=thread_id,
            assistant_id=sent["assistant_id"],
            metadata=sent.get("metadata") or {},
            answer=answer,
            results=self._found(answer),
            file_id=self.file_id,
        )
        run = Run(facts=facts, prompt=prompt, began=time.monotonic())
        thread.runs[facts.id] = run
        self.all_runs.append(run)
        return run

    def status(self, run: Run) -> str:
        """Return how far a run is."""
        return "completed" if time.monotonic() - run.began >= self.model.latency_s else "in_progress"

    def delete(self, identifier: str) -> bool:
        """Forget an object; tell whether there was one."""
        self.threads.pop(identifier, None)
        return self.objects.pop(identifier, None) is not None

    def note(self, route: str, began: float) -> None:
        """Note an answer that is on its way whole."""
        self.asked[route] += 1
        self.first = began if self.first is None else min(self.first, began)
        self.last = time.monotonic()

    def account(self) -> Json:
        """Return what was asked for, and what is left."""
        prompts = Counter(run.prompt for run in self.all_runs)
        return {
            "span_s": self.last - (self.first or self.last),
            "requests": dict(self.asked),
            "left": self.objects,
            "runs_twice": sum(count - 1 for count in prompts.values()),
            "cpu_s": time.process_time() - self.cpu_s,
        }

    def _answer(self, prompt: str) -> str:
        found = re.search(r"\d+", prompt)
        return self.paragraphs[int(found.group()) % len(self.paragraphs)] if found else self.paragraphs[0]

    def _found(self, answer: str) -> Sequence[Json]:
        step = max(1, self.model.length // 2)
        count = max(1, (len(self.text) - self.model.length) // step)
        first = self.text.index(answer) // step
        return [self._result(rank, (first + 7 * rank) % count * step) for rank in range(self.model.results)]

    def _result(self, rank: int, place: int) -> dict[str, Any]:
        text = self.text[place : place + self.model.length]
        return {
            "file_id": self.file_id,
            "file_name": "branches.txt",
            "score": 0.9 - rank / 100,
            "content": [{"type": "text", "text": text}],
        }
