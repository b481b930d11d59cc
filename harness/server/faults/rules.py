"""Which requests a fault strikes, and what it does to them."""

import re
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, with_config

from harness.server.faults.fate import LastError, RunStatus

_CLOSED = ConfigDict(extra="forbid")
"""A key that nobody knows would otherwise be a fault that never strikes."""
_ROUTE = re.compile(r"(?P<method>\*|[A-Z]+) +(?P<path>\S+)")
_MAKE_RUNS = re.compile(r"/threads/runs|/threads/[^/]+/runs")
_MAKE_ANSWERS = re.compile(r"/responses|/chat/completions")
_SAMPLES = ("/threads/x/runs", "/threads/runs", "/responses", "/chat/completions")
_CHOICES = ("nth", "every", "first", "rate")
_EFFECTS = ("status", "body", "reset", "cut", "silence", "run_status")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, int) else value


def _placed(value: Any) -> Any:
    return {"moment": value} if isinstance(value, str) else value


@with_config(_CLOSED)
@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where in an answer something happens. Exactly one of these is given."""

    moment: Literal["before", "after"] | None = None
    """Before the request is carried out, or after that and before its answer is sent."""
    events: Annotated[int, Field(strict=True, ge=0)] | None = None
    """After so many events of a streamed answer."""
    bytes: Annotated[int, Field(strict=True, ge=0)] | None = None
    """After so many bytes of the answer's body."""

    def __post_init__(self) -> None:
        if sum(given is not None for given in (self.moment, self.events, self.bytes)) != 1:
            raise ValueError("name one place: `events: N` or `bytes: N`")


@with_config(_CLOSED)
@dataclass(frozen=True)
class Rule:
    """One fault: which requests it strikes, how often, and what it does."""

    _: KW_ONLY
    route: str
    """Method and path without `/v1`, such as `POST /threads/*/runs`; `*` is one part of it, `**` any rest."""
    rate: Annotated[float, Field(strict=True, ge=0, le=1)] | None = None
    """Probability, by the file's seed."""
    nth: Annotated[list[Annotated[int, Field(strict=True, ge=1)]], BeforeValidator(_listed)] | None = None
    """Only these requests of the route, counted from 1."""
    every: Annotated[int, Field(strict=True, ge=1)] | None = None
    """Each so-many-th request of the route."""
    first: Annotated[int, Field(strict=True, ge=1)] | None = None
    """So many requests of the route, and none after."""
    delay: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)] = 0
    """Seconds before anything else happens."""
    status: Annotated[int, Field(strict=True, ge=200, le=599)] | None = None
    """HTTP status of an answer with the API's error as its body; the request is not carried out."""
    retry_after: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)] | None = None
    """Seconds, as the answer's `retry-after`."""
    body: Literal["html", "empty"] | None = None
    """Another body than the API's error; without `status`, of an answer 200."""
    reset: Literal["before", "after"] | None = None
    """The connection is reset before the request is carried out, or after: then only the answer is lost."""
    cut: Place | None = None
    """The connection is closed in the middle of the answer."""
    silence: Annotated[Place, BeforeValidator(_placed)] | None = None
    """Nothing more is sent from here on, and the connection stays open."""
    run_status: RunStatus | None = None
    """How the run, response or completion ends that the request makes."""
    last_error: LastError | None = None
    """Why, where it is `failed`; server_error unless given."""

    def __post_init__(self) -> None:
        if not _ROUTE.fullmatch(self.route):
            raise ValueError(f"the route {self.route!r} is no method and path, such as `POST /threads/*/runs`")
        self._demand_at_most_one(_CHOICES)
        self._demand_at_most_one([name for name in _EFFECTS if name != "body" or self.status is None])
        if not self.delay and all(getattr(self, name) is None for name in _EFFECTS):
            raise ValueError(f"the rule does nothing; give it one of delay, {', '.join(_EFFECTS)}")
        if self.retry_after is not None and self.status is None:
            raise ValueError("`retry_after` goes with `status`")
        if self.last_error is not None and self.run_status != "failed":
            raise ValueError("`last_error` goes with `run_status: failed`")
        if self.run_status is not None and not self._can_make(self.run_status):
            raise ValueError(f"{self.route} makes no run that could end as {self.run_status}")
        if self.cut is not None and self.cut.moment is not None:
            raise ValueError("`cut` is in the middle of an answer; `reset` closes before it")

    def _demand_at_most_one(self, names: Any) -> None:
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"`{given[0]}` and `{given[1]}` exclude each other: make two rules of them")

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        method, path = self.route.split(maxsplit=1)
        parts = (".*" if part == "**" else re.escape(part).replace(r"\*", "[^/]*") for part in path.split("/"))
        # `/**` also stands for nothing: `/threads/**` is `/threads` as well.
        pattern = "/".join(parts).replace("/.*", "(?:/.*)?")
        return re.compile(("[A-Z]+" if method == "*" else method) + " " + pattern)

    def concerns(self, method: str, path: str) -> bool:
        """Tell whether a request is one of this route on which the fault could show."""
        if self.run_status is not None and not _makes(self.run_status, method, path):
            return False
        return self._pattern.fullmatch(f"{method} {path}") is not None

    def _can_make(self, status: RunStatus) -> bool:
        method, path = self.route.split(maxsplit=1)
        if method in {"*", "POST"} and _makes(status, "POST", path):
            return True
        return any(self.concerns("POST", made) for made in _SAMPLES if _makes(status, "POST", made))

    @property
    def summary(self) -> str:
        """What it does, in a few words."""
        words = [f"delay {self.delay:g}"] if self.delay else []
        for name in _EFFECTS:
            value = getattr(self, name)
            if value is not None:
                words.append(f"{name} {_in_words(value)}")
        return ", ".join(words)


def _in_words(value: Any) -> str:
    if not isinstance(value, Place):
        return str(value)
    if value.moment is not None:
        return value.moment
    return f"after {value.events} events" if value.events is not None else f"after {value.bytes} bytes"


def _makes(status: RunStatus, method: str, path: str) -> bool:
    """Tell whether a request makes something that can end so."""
    if method != "POST":
        return False
    return _MAKE_RUNS.fullmatch(path) is not None or (status != "expired" and _MAKE_ANSWERS.fullmatch(path) is not None)


@with_config(_CLOSED)
@dataclass(frozen=True, kw_only=True, slots=True)
class FaultPlan:
    """A file of faults."""

    rules: Annotated[list[Rule], Field(min_length=1)]
    """In the file's order: the first that strikes a request has it."""
    seed: Annotated[int, Field(strict=True)] = 0
    """Decides which requests a `rate` strikes: with the same seed the same ones, counted per rule."""
