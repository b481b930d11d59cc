"""What a run's streams have told, and what must be asked for besides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import AnswerLost
from harness.targets.assistants.parts import calls_of
from harness.targets.calls import SHORTEST_POLL_S, Answer
from harness.targets.events import Heard

_RUN, _STEP, _MESSAGE = "thread.run.", "thread.run.step.", "thread.message.completed"


@dataclass(slots=True)
class Followed:
    """How a run was followed so far."""

    was_polled: bool = False
    """Whether part of it was not streamed to its end: what happened then must be listed."""
    _has_message: bool = False
    _steps: dict[str, bool] = field(default_factory=dict)
    """By the id of each step that was heard of whether all that its searches found was told."""
    _is_completed: bool = False

    @property
    def lacks_messages(self) -> bool:
        """Whether there are messages that no stream has told."""
        return self.was_polled or (self._is_completed and not self._has_message)

    @property
    def lacks_steps(self) -> bool:
        """Whether there are steps, or passages in them, that no stream has told."""
        return self.was_polled or not all(self._steps.values()) or (self._is_completed and not self._steps)

    def take(self, events: Sequence[Heard]) -> Answer:
        """Take in a stream, and return the run as the stream told it last.

        Raises:
            AnswerLost: It told of no run.
        """
        run: dict[str, Any] = {}
        for event in events:
            if event.name.startswith(_STEP):
                self._take_step(event)
            elif event.name.startswith(_RUN):
                run = event.data or run
            elif event.name == _MESSAGE:
                self._has_message = True
        if not run:
            raise AnswerLost("the endpoint's stream tells of no run")
        self._is_completed = run.get("status") == "completed"
        return Answer(data=run, poll_after_s=SHORTEST_POLL_S)

    def _take_step(self, event: Heard) -> None:
        if event.name == f"{_STEP}created":
            self._steps.setdefault(str(event.data.get("id")), False)
        elif not event.name.endswith((".delta", ".in_progress")):
            step = event.data
            searches = [call.get("file_search") or {} for call in calls_of([step])]
            found = [result for search in searches for result in search.get("results") or []]
            is_whole = all(isinstance(one, dict) and one.get("content") for one in found)
            self._steps[str(step.get("id"))] = is_whole
