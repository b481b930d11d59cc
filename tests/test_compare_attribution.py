"""Why a verdict changed: what differs is told apart by judging recorded answers anew."""

from dataclasses import dataclass
from typing import Any

import pytest
from compare_support import row

from harness.compare.attribution import Attribution, Suspects, attribute
from harness.compare.causes import Cause, edits
from harness.model.plan import Planned, Source
from harness.model.score import Outcome
from harness.model.suite import Case
from harness.model.transcript import Transcript

NEW_FACT = Case(id="loan", prompt="How long may I keep a book?", cites=("library.md",))
NEW_LIBRARY = (Source(path="library.md", sha256="cd" * 32),)
CONFIGURATION, DOCUMENTS, CASE, SCORER = Cause.CONFIGURATION, Cause.DOCUMENTS, Cause.CASE, Cause.SCORER


@dataclass(frozen=True)
class Scorer:
    """A scorer of one rule each: what fails an answer, a case and a document."""

    bad_answers: tuple[str, ...] = ()
    bad_cases: tuple[Case, ...] = ()
    bad_documents: tuple[str, ...] = ()
    is_old_library_there: bool = True

    def judge(self, planned: Planned, transcript: Transcript) -> Outcome | None:
        sha = planned.sources[0].sha256
        if not self.is_old_library_there and sha.startswith("ab"):
            return None
        attempt = transcript.turns[0].final
        assert attempt is not None
        if attempt.text in self.bad_answers:
            return Outcome.OVER_REFUSAL
        return Outcome.INCOMPLETE if planned.case in self.bad_cases or sha in self.bad_documents else Outcome.GROUNDED


def attributed(
    scorer: Scorer, differing: set[Cause], *, new_answer: str = "28 days.", is_scorer_suspect: bool = False
) -> Attribution:
    changes: dict[str, Any] = {}
    if CASE in differing:
        changes["case"] = NEW_FACT
    if DOCUMENTS in differing:
        changes["sources"] = NEW_LIBRARY
    a = row()
    shown = row(answer=new_answer, **changes)
    outcome = scorer.judge(shown.planned, shown.transcript)
    assert outcome is not None
    b = row(outcome=outcome.value, answer=new_answer, **changes)
    suspects = Suspects(
        differing=frozenset(differing),
        is_answer_changed=new_answer != "28 days.",
        is_scorer_suspect=is_scorer_suspect or SCORER in differing,
    )
    return attribute(a, b, suspects, scorer.judge)


@pytest.mark.parametrize(
    ("scorer", "differing", "answer", "causes", "also"),
    [
        (Scorer(bad_answers=("No.",)), set(), "No.", [Cause.ANSWER], []),
        (Scorer(bad_answers=("No.",)), {CONFIGURATION}, "No.", [CONFIGURATION], []),
        (Scorer(bad_cases=(NEW_FACT,)), {CASE}, "28 days.", [CASE], []),
        (Scorer(bad_answers=("No.",)), {CONFIGURATION, CASE}, "No.", [CONFIGURATION], [CASE]),
        (Scorer(bad_cases=(NEW_FACT,)), {CONFIGURATION, CASE}, "Yes.", [CASE], [CONFIGURATION]),
        (
            Scorer(bad_answers=("No.",), bad_cases=(NEW_FACT,)),
            {CONFIGURATION, CASE},
            "No.",
            [CONFIGURATION, CASE],
            [],
        ),
        (Scorer(bad_documents=("cd" * 32,)), {DOCUMENTS, CASE}, "28 days.", [DOCUMENTS], [CASE]),
        (Scorer(bad_answers=("No.",)), {CONFIGURATION, Cause.MODEL}, "No.", [CONFIGURATION, Cause.MODEL], []),
    ],
)
def test_what_turns_the_verdict_is_named(
    scorer: Scorer, differing: set[Cause], answer: str, causes: list[Cause], also: list[Cause]
) -> None:
    found = attributed(scorer, differing, new_answer=answer)

    assert (list(found.causes), list(found.also)) == (causes, also)


@pytest.mark.parametrize(
    ("scorer", "differing", "answer", "causes"),
    [
        # The reference's own answer fails by today's scorer: the scorer it is, and nothing else of what differs.
        (Scorer(bad_answers=("28 days.",)), {SCORER}, "28 days.", [SCORER]),
        (Scorer(bad_answers=("28 days.", "Yes.")), {SCORER, CONFIGURATION}, "Yes.", [SCORER]),
        # It fails otherwise than the new answer does: both have changed the verdict.
        (
            Scorer(bad_documents=("ab" * 32,), bad_answers=("No.",)),
            {SCORER, CONFIGURATION},
            "No.",
            [CONFIGURATION, SCORER],
        ),
        # It still passes: another version of the scorer is no cause.
        (Scorer(bad_answers=("No.",)), {SCORER, CONFIGURATION}, "No.", [CONFIGURATION]),
        # The reference's documents are gone, so nobody can tell.
        (
            Scorer(bad_documents=("cd" * 32,), is_old_library_there=False),
            {SCORER, DOCUMENTS},
            "28 days.",
            [DOCUMENTS, SCORER],
        ),
    ],
)
def test_the_same_recording_scored_anew_tells_the_scorer_from_the_rest(
    scorer: Scorer, differing: set[Cause], answer: str, causes: list[Cause]
) -> None:
    assert list(attributed(scorer, differing, new_answer=answer).causes) == causes


def test_a_constant_that_was_changed_without_a_new_version_is_found() -> None:
    found = attributed(Scorer(bad_answers=("28 days.",)), set(), is_scorer_suspect=True)

    assert found.causes == (SCORER,)
    assert found.evidence == ("the reference's answer, scored anew: over_refusal, was grounded",)


def test_where_todays_scorer_judges_both_alike_it_was_the_scorer() -> None:
    suspects = Suspects(differing=frozenset({CONFIGURATION}), is_answer_changed=True, is_scorer_suspect=True)

    found = attribute(row(), row(outcome="incomplete", answer="Yes."), suspects, Scorer().judge)

    assert (found.causes, found.also) == ((SCORER,), (CONFIGURATION,))


def test_where_todays_scorer_is_newer_than_both_runs_nothing_is_ruled_out() -> None:
    differing = frozenset({CONFIGURATION, CASE})
    suspects = Suspects(differing=differing, is_answer_changed=True, is_scorer_suspect=False)

    found = attribute(row(), row(outcome="incomplete", answer="Yes."), suspects, Scorer().judge)

    assert set(found.causes) == differing


def test_a_verdict_that_changed_with_nothing_else_is_said_to_be_beside_the_text() -> None:
    suspects = Suspects(differing=frozenset(), is_answer_changed=False, is_scorer_suspect=False)

    found = attribute(row(), row(outcome="incomplete"), suspects, Scorer().judge)

    assert found.causes == (Cause.ANSWER,)
    assert found.evidence[0].startswith("the text is the same")


def test_configurations_that_share_little_are_told_key_by_key() -> None:
    own = {"target": "assistants", "model": "m", "instructions": "Answer.", "tools": ["file_search"]}
    existing = {"target": "assistants", "id": "asst_1"}
    assert [edit.where for edit in edits(own, existing)] == ["id", "instructions", "model", "tools"]
    assert [edit.where for edit in edits({"a": 1, "b": 2}, {})] == ["a", "b"]
