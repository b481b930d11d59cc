"""The same case on both sides: what is paired, what is a flip, and what is never dropped in silence."""

from collections.abc import Sequence

import pytest
from record_support import record

from harness.compare.pairing import Pairing, dimensions_of, named, paired
from harness.compare.side import Side
from harness.model.record import Record


def side(*records: Record) -> Side:
    return Side(name="a", origin="test", records=records)


def paired_trials(before: Sequence[str], after: Sequence[str]) -> Pairing:
    a, b = (
        [record(outcome, trial=at, answer=outcome) for at, outcome in enumerate(outcomes, start=1)]
        for outcomes in (before, after)
    )
    return paired(side(*a), side(*b), ())


@pytest.mark.parametrize(
    ("before", "after", "group"),
    [
        (["grounded"], ["ungrounded"], "broken"),
        (["ungrounded"], ["grounded"], "fixed"),
        (["grounded"], ["correct_refusal"], "other_outcomes"),
        (["ungrounded"], ["incomplete"], "other_outcomes"),
        (["grounded"], ["error"], "errored"),
        (["error"], ["grounded"], "errored"),
        (["grounded", "grounded"], ["grounded", "ungrounded"], "broken"),
        (["grounded", "ungrounded"], ["ungrounded", "grounded"], None),
        # An errored trial is neither a pass nor a fail: the case passes as often as before.
        (["grounded", "grounded"], ["grounded", "error"], None),
        (["grounded"], ["grounded"], None),
    ],
)
def test_a_case_is_in_one_group_at_most(before: list[str], after: list[str], group: str | None) -> None:
    found = paired_trials(before, after)

    groups = ("broken", "fixed", "other_outcomes", "changed", "errored")
    assert [name for name in groups if getattr(found, name)] == ([group] if group else [])
    assert len(found.pairs) == 1


def test_another_answer_with_the_same_outcome_is_told() -> None:
    found = paired(side(record(answer="a0")), side(record(answer="a1")), ())

    assert [pair.name for pair in found.changed] == ["cases/library.yaml::loan"]


def test_what_one_side_alone_has_is_kept() -> None:
    found = paired(side(record(), record(case="gone")), side(record(), record(case="new")), ())

    assert [named(key) for key in (*found.new, *found.gone)] == ["cases/library.yaml::new", "cases/library.yaml::gone"]


def test_the_largest_fall_comes_first() -> None:
    before = [record(case=name, trial=trial) for name in ("little", "much") for trial in (1, 2)]
    after = [record("ungrounded", case="much", trial=trial) for trial in (1, 2)]
    after += [record("ungrounded", case="little"), record(case="little", trial=2)]

    found = paired(side(*before), side(*after), ())

    assert [pair.key[1] for pair in found.broken] == ["much", "little"]
    assert [one.outcome.is_pass for one in found.broken[1].told] == [True, False]


def test_a_model_that_follows_from_the_suite_or_the_variant_pairs_no_case_apart() -> None:
    def run(model: str) -> Side:
        others = record(suite="cases/other.yaml", model="fixed"), record(variant="eager", model="eager")
        return side(record(model=model), *others)

    assert dimensions_of([run("old"), run("new")]) == ("variant",)
    assert len(paired(run("old"), run("new"), ("variant",)).pairs) == 3
    assert dimensions_of([side(record(model="old"), record(model="new"))]) == ("model",)


def test_variants_are_told_apart_only_where_a_side_has_several() -> None:
    both = side(record(), record(variant="careful"))
    careful = side(record(variant="careful"))

    assert dimensions_of([side(record()), careful]) == ()
    assert dimensions_of([both, both]) == ("variant",)
    assert [named(pair.key) for pair in paired(both, both, ("variant",)).pairs] == [
        "cases/library.yaml::loan[default]",
        "cases/library.yaml::loan[careful]",
    ]
