"""Why a case failed, in the words of its author."""

from collections.abc import Iterator, Mapping

from harness.model.row import Row
from harness.model.score import Behaviour, Blame, Claim, Evidence, FactScore, Outcome, TurnScore
from harness.report.plain import disarmed, indented, plain, shortened

BLAMES: Mapping[Blame, str] = {
    "not_in_documents": "the documents do not hold an expected fact",
    "not_retrieved": "the documents hold it, the search did not find it",
    "ignored": "it was there, and was not used",
    "contradicted": "the documents say otherwise",
    "embroidered": "the documents do not say so",
    "refused_despite_evidence": "what it needed was there",
    "answered_without_evidence": "there was nothing to answer from",
}
"""What each word of blame means."""
LONGEST_ANSWER = 1_500
"""Characters of an answer that a failure shows; `harness show` has all of it."""
MOST_CLAIMS = 5
"""Unsupported claims that a failure lists; a bad answer often repeats itself."""

_SENTENCES = {
    Outcome.OVER_REFUSAL: "refused, but the documents hold the answer",
    Outcome.MISSED_REFUSAL: "answered, but the documents do not hold the answer",
    Outcome.UNGROUNDED: "says what the documents do not",
    Outcome.INCOMPLETE: "lacks what was demanded",
}


def failure_text(row: Row, run_id: str) -> str:
    """Return the account of a failed case: prompt, answer, what is wrong, and where to read more."""
    return disarmed("\n".join(_failure(row, run_id)))


def _failure(row: Row, run_id: str) -> Iterator[str]:
    failure = row.transcript.failure
    if failure is not None:
        yield f"error: {plain(failure.message)}"
        if failure.hint:
            yield f"  hint: {plain(failure.hint)}"
        yield from _unanswered(row)
        return
    turn = row.deciding
    is_question = turn is not None and turn.behaviour is Behaviour.CLARIFYING
    what = "asked back, but the documents hold the answer" if is_question else _SENTENCES.get(row.outcome)
    reason = turn.failed_checks[0] if turn is not None and turn.failed_checks else "could not be judged"
    yield f"{row.outcome}: {what or shortened(reason, 200)}"
    if turn is not None:
        if turn.blame is not None:
            yield f"blame: {turn.blame} ({BLAMES[turn.blame]})"
        yield from turn_lines(row, turn)
    yield f"whole transcript: harness show {run_id} '{row.planned.node}'"


def _unanswered(row: Row) -> Iterator[str]:
    """Return what was asked last, and what there is of an answer."""
    asked, turns = row.planned.asked, row.transcript.turns
    if not turns:
        return
    number = f" {len(turns)} of {len(asked)}" if len(asked) > 1 else ""
    yield f"prompt{number}:"
    yield from indented(_cut(turns[-1].prompt), "  ")
    text = turns[-1].final.text if turns[-1].final else ""
    if text:
        yield "answer so far:"
        yield from indented(_cut(text), "  ")


def turn_lines(row: Row, turn: TurnScore) -> Iterator[str]:
    """Return what a turn was asked, what it answered, and what is wrong with that, line by line."""
    index = row.score.deciding_turn or 0
    asked = row.planned.asked
    number = f" {index + 1} of {len(asked)}" if len(asked) > 1 else ""
    yield f"prompt{number}:"
    yield from indented(_cut(asked[index]), "  ")
    yield f"answer ({turn.behaviour}" + (f" by “{shortened(turn.phrase, 80)}”):" if turn.phrase else "):")
    yield from indented(_cut(row.attempt.text if row.attempt else ""), "  ")
    for fact in turn.facts:
        if not fact.is_met:
            yield _fact_line(fact)
    yield from _claims(turn)
    for check in turn.failed_checks:
        yield f"failed check: {shortened(check, 200)}"
    for own in turn.own:
        if own.error is not None:
            yield f"scorer {plain(own.scorer)} raised: {shortened(own.error, 200)}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_ANSWER else text[:LONGEST_ANSWER] + " […]"


def _fact_line(fact: FactScore) -> str:
    computed = f" = {shortened(fact.expected, 80)}" if fact.expected is not None else ""
    found = f", found “{shortened(fact.found, 80)}”" if fact.found else ""
    lacks = f", lacks {shortened(', '.join(fact.missing), 120)}" if fact.missing else ""
    return f"missing fact: {shortened(fact.fact, 160)}{computed}{found}{lacks}"


def _claims(turn: TurnScore) -> Iterator[str]:
    unsupported = [claim for claim in turn.claims if claim.support != "supported"]
    if unsupported and turn.groundedness is not None:
        yield f"groundedness: {turn.groundedness:.2f}"
    for claim in unsupported[:MOST_CLAIMS]:
        yield from _claim(claim)
    if len(unsupported) > MOST_CLAIMS:
        yield f"and {len(unsupported) - MOST_CLAIMS} more claims without support"


def _claim(claim: Claim) -> Iterator[str]:
    word = "contradicted" if claim.support == "contradicted" else "not in the documents"
    yield f"claim {word}: “{shortened(claim.text, 200)}”"
    if claim.unmatched:
        yield f"  without support: {shortened(', '.join(claim.unmatched), 120)}"
    if claim.evidence is not None:
        yield f"  nearest passage: {place(claim.evidence)}: “{shortened(claim.evidence.text, 200)}”"


def place(evidence: Evidence) -> str:
    """Return where a passage stands: file, page where there are pages, characters."""
    page = f", page {evidence.page}" if evidence.page is not None else ""
    return f"{evidence.document}{page}, characters {evidence.start}-{evidence.end}"
