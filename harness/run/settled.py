"""Tapes of what was tried more than once: put together what was lost and found, leave out what was given up."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from harness.cassettes.interaction import Interaction, json_or_text
from harness.cassettes.layout import JSON
from harness.targets.assistants.request import KEY

_RUNS = re.compile(r"/threads/[^/]+/runs$")
_MAKES = re.compile(r"/threads/[^/]+/runs$|/responses$")


def found(tape: Sequence[Interaction]) -> tuple[Interaction, ...]:
    """Return a tape on which the creation of a run whose answer was lost is answered by what the list then showed.

    The lists themselves, in which nothing else is looked for, are left out; so is what was never answered.
    """
    kept = []
    for at, one in enumerate(tape):
        makes_run = bool(_RUNS.search(_path(one)))
        if makes_run and one.method == "GET":
            continue
        answer: Interaction | None = one if one.status else None
        # A stream may have broken off before it told anything.
        if makes_run and not 400 <= one.status < 500 and next(_objects(one), None) is None:
            answer = _found(one, tape[at + 1 :])
        if answer is not None:
            kept.append(answer)
    return tuple(kept)


def _found(lost: Interaction, later: Sequence[Interaction]) -> Interaction | None:
    """Return a request whose answer was lost with the answer that a list gave later; None where none did."""
    listed = _listed(lost, later)
    if listed is None:
        return lost if lost.status >= 400 else None
    return _answered(lost, *listed)


def _listed(lost: Interaction, later: Sequence[Interaction]) -> tuple[Interaction, dict[str, Any]] | None:
    """Return the list that showed the run which a lost answer was about, and the run."""
    for one in later:
        if one.method == "POST" and _RUNS.search(_path(one)):
            return None  # it was sent again
        if one.method == "GET" and _path(one) == _path(lost):
            run = next(_runs_of(one, _key(lost)), None)
            if run is not None:
                return one, run
    return None


def _runs_of(listing: Interaction, key: str | None) -> Iterator[dict[str, Any]]:
    listed = json_or_text(listing.response_body)
    runs = listed.get("data") or [] if isinstance(listed, dict) else []
    return (run for run in runs if key is not None and (run.get("metadata") or {}).get(KEY) == key)


def _answered(lost: Interaction, listing: Interaction, run: dict[str, Any]) -> Interaction:
    ended_s = None
    if lost.started_s is not None and listing.started_s is not None:
        ended_s = round(listing.started_s + (listing.duration_s or 0) - lost.started_s, 3)
    body = json.dumps(run, ensure_ascii=False)
    return replace(lost, status=200, response_type=JSON, response_body=body, duration_s=ended_s, event_times=())


def settled(tape: Sequence[Interaction]) -> tuple[Interaction, ...]:
    """Return a tape without the attempts that were given up: a recording is of the one that counts.

    Recorded again without trouble, it would say the same.
    """
    attempts: dict[str, list[int]] = {}
    for at, one in enumerate(tape):
        if one.method == "POST" and 0 < one.status < 400 and _MAKES.search(_path(one)):
            earlier = attempts.setdefault(_key(one) or one.request_body, [])
            if earlier and _has_completed(tape, earlier[-1]):
                earlier.clear()  # not tried again, but said again
            earlier.append(at)
    given_up: set[int] = set()
    again: dict[int, Interaction] = {}
    for first, *others in attempts.values():
        if others:
            given_up.update([first, *others[:-1]])
            # The first brought the turn's message with it.
            again[others[-1]] = replace(tape[others[-1]], request_body=tape[first].request_body)
    if not given_up:
        return tuple(tape)
    ids = {made for at in given_up for made in _ids(tape[at])}
    kept = (again.get(at, one) for at, one in enumerate(tape) if at not in given_up)
    return tuple(one for one in kept if not ids & _named(one))


def _has_completed(tape: Sequence[Interaction], at: int) -> bool:
    """Tell whether what a request made was completed, as the tape shows it last."""
    ids = set(_ids(tape[at]))
    about = [one for one in tape[at:] if one is tape[at] or ids & _named(one)]
    statuses = [item.get("status") for one in about for item in _objects(one) if item.get("id") in ids]
    return "completed" in statuses


def _ids(made: Interaction) -> Iterator[str]:
    """Return the id of the run or response that a request made."""
    return (str(item["id"]) for item in _objects(made) if item.get("id"))


def _objects(one: Interaction) -> Iterator[dict[str, Any]]:
    """Return the runs or responses that an answer shows, one for each event of a stream."""
    exchange = one.exchange()
    for data in (exchange.response, *(event.data for event in exchange.events)):
        item = data.get("response", data) if isinstance(data, dict) else None
        if isinstance(item, dict) and item.get("object") in {"thread.run", "response"}:
            yield item


def _named(one: Interaction) -> set[str]:
    """Return the objects that a request names in its URL."""
    url = urlsplit(one.uri)
    return {*url.path.split("/"), *(value for _, value in parse_qsl(url.query))}


def _key(one: Interaction) -> str | None:
    body = json_or_text(one.request_body)
    metadata = body.get("metadata") if isinstance(body, dict) else None
    return metadata.get(KEY) if isinstance(metadata, dict) else None


def _path(one: Interaction) -> str:
    return urlsplit(one.uri).path
