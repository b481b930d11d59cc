"""Function calls in the scores: outputs are something to rest on, and calls may be demanded."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from planned_support import planned

from harness.model.score import CaseScore
from harness.model.suite import Case, CaseTurn
from harness.model.tools import ExpectedCall
from harness.model.transcript import Attempt, FileSearchStep, FunctionStep, Retrieved, TextPart, Transcript, Turn
from harness.scoring import score_case

PRICE = FunctionStep(name="get_price", arguments='{"item": "lamp"}', output="12.50")
ORDERS = FunctionStep(
    name="list_orders",
    arguments='{"customer": "C7"}',
    output=json.dumps({"orders": [{"id": "A1", "total": 30}, {"id": "A2", "total": 45}]}),
)


def turn(prompt: str, answer: str, *steps: Any) -> Turn:
    parts = (TextPart(text=answer),)
    attempt = Attempt(status="completed", raw_status="completed", parts=parts, steps=tuple(steps))
    return Turn(prompt=prompt, attempts=(attempt,))


def scored(*turns: Turn, **demands: Any) -> CaseScore:
    wanted = tuple(CaseTurn(prompt=one.prompt, expect="answer", **demands) for one in turns)
    transcript = Transcript(target="responses", requested_model="m", reported_model="m", turns=turns)
    return score_case(planned(case=Case(id="x", turns=wanted), sources=()), transcript, {})


@pytest.mark.parametrize(
    ("step", "prompt", "answer", "outcome"),
    [
        (PRICE, "What does a lamp cost?", "The lamp costs 12.50.", "grounded"),
        (PRICE, "What does a lamp cost?", "The lamp costs 13.50.", "ungrounded"),
        (PRICE, "What does a lamp cost?", "The lamp costs 12.50 and was made in Denmark by 800 people.", "ungrounded"),
        (ORDERS, "What about my orders?", "The order A1 has a total of 30.", "grounded"),
        (ORDERS, "What about my orders?", "The order A2 has a total of 30.", "ungrounded"),
    ],
)
def test_an_answer_rests_on_what_a_function_returned(
    step: FunctionStep, prompt: str, answer: str, outcome: str
) -> None:
    score = scored(turn(prompt, answer, step))

    assert score.outcome == outcome
    if outcome == "grounded":
        (claim,) = score.turns[0].claims
        assert claim.evidence is not None
        assert claim.evidence.document == f"function {step.name}"


@pytest.mark.parametrize("output", ['{"error": "there is no lamp, it costs 12.50"}', None, ""])
def test_nothing_follows_from_an_error_or_from_nothing(output: str | None) -> None:
    step = FunctionStep(name="get_price", arguments="{}", output=output)

    assert scored(turn("What does a lamp cost?", "The lamp costs 12.50.", step)).outcome == "ungrounded"


def test_what_a_function_said_earlier_still_stands() -> None:
    first = turn("What does a lamp cost?", "The lamp costs 12.50.", PRICE)
    later = turn("And again, the cost of the lamp?", "The lamp costs 12.50.")

    assert scored(first, later).outcome == "grounded"
    assert scored(turn("And again, the cost of the lamp?", "The lamp costs 12.50.")).outcome == "ungrounded"


def test_the_search_is_not_blamed_for_what_a_function_told() -> None:
    found = Retrieved(document=None, file_name="a.md", rank=0, score=1.0, text="Lamps give light.")
    search = FileSearchStep(results=(found,))

    (score,) = scored(turn("What does a lamp cost?", "The lamp costs 12.50.", PRICE, search)).turns

    assert score.groundedness_retrieved == score.groundedness
    assert score.retrieval is not None
    assert score.retrieval.held_claims is None


LAMP, CHAIR = PRICE, FunctionStep(name="get_price", arguments='{"item": "Chair", "size": {"h": 90, "w": 40}}')
BROKEN = FunctionStep(name="get_price", arguments="{item")
ANY = ExpectedCall(function="get_price")


def call(**arguments: Any) -> ExpectedCall:
    return ExpectedCall(function="get_price", arguments=arguments)


@pytest.mark.parametrize(
    ("expected", "called", "failed"),
    [
        ([ANY], [LAMP], []),
        ([ANY], [], ["calls: get_price() missing, called nothing"]),
        ([call(item=" LAMP ")], [LAMP], []),
        ([call(item="lam")], [LAMP], ['calls: get_price(item="lam") missing, called get_price(item="lamp")']),
        ([call(size={"h": 90.0})], [CHAIR], []),
        ([call(size={"h": 90, "d": 1})], [BROKEN], ['calls: get_price(size={"h": 90, "d": 1}) missing, called get_p']),
        ([call(item="chair"), call(item="lamp")], [LAMP, CHAIR], []),
        ([ANY, call(item="lamp")], [LAMP, CHAIR], []),
        ([ANY, ANY], [LAMP], ['calls: get_price() missing, called get_price(item="lamp")']),
        ([call(item="lamp")], [LAMP, CHAIR], []),
        ([], [LAMP], ['calls: none expected, called get_price(item="lamp")']),
        ([], [], []),
        ([call(item=True)], [FunctionStep(name="get_price", arguments='{"item": 1}')], ["calls: get_price(item=true)"]),
        ([ExpectedCall(function="other")], [BROKEN], ["calls: other() missing, called get_price({item)"]),
        ([call(item=10**400)], [FunctionStep(name="get_price", arguments='{"item": 1' + 400 * "0" + "}")], []),
        ([call(item=0.5)], [FunctionStep(name="get_price", arguments='{"item": 1' + 400 * "0" + "}")], ["calls: get"]),
        ([call(item=1)], [FunctionStep(name="get_price", arguments='{"item": ' + 900 * "[" + 900 * "]" + "}")], ["ca"]),
        (
            [call(item=1)],
            [FunctionStep(name="get_price", arguments='{"item": "\\ud800"}')],
            ["calls: get_price(item=1)"],
        ),
    ],
)
def test_demanded_calls(expected: Sequence[ExpectedCall], called: Sequence[FunctionStep], failed: list[str]) -> None:
    answer = turn("What does a lamp cost?", "Hello!", *called)

    (score,) = scored(answer, expected_calls=tuple(expected)).turns

    assert [said[: len(start)] for said, start in zip(score.failed_checks, failed, strict=True)] == failed
    assert all(said.encode() for said in score.failed_checks)
    assert score.outcome == ("incomplete" if failed else "grounded")


@pytest.mark.parametrize("depth", [40, 400])
def test_what_is_nested_deeply_is_scored_all_the_same(depth: int) -> None:
    nested = depth * '{"price": ' + '"12.50"' + depth * "}"
    step = FunctionStep(name="get_price", arguments=nested, output=nested)

    (score,) = scored(turn("What does a lamp cost?", "The lamp costs 12.50.", step), expected_calls=(ANY,)).turns

    assert score.outcome != "error"
    assert not score.failed_checks
