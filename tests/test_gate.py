"""The gate's limits, one by one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from record_support import record

from harness.config.gate import Gate, gate_of
from harness.config.prices import Price, Prices, read_prices
from harness.config.project import Table
from harness.errors import ConfigError
from harness.gate import gate_checks
from harness.results.standing import standings

RUN = [
    record(case="a", groundedness=1.0, prompt_tokens=90, completion_tokens=10, duration_s=1.0),
    record("over_refusal", case="b", prompt_tokens=190, completion_tokens=10, duration_s=2.0),
    record("ungrounded", case="c", groundedness=0.2, duration_s=3.0),
    record("incomplete", case="d", groundedness=0.6),
    record("correct_refusal", case="e"),
    record("missed_refusal", case="f", is_xfail=True),
    record("error", case="g"),
]


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("min_pass_rate", 2 / 5),
        ("max_over_refusal_rate", 1 / 4),
        ("max_ungrounded_rate", 1 / 4),
        ("max_incomplete_rate", 1 / 4),
        ("max_missed_refusal_rate", 1 / 2),
        ("max_error_rate", 1 / 7),
        ("min_groundedness", 0.6),
        ("max_mean_tokens", 150),
        ("max_mean_duration_s", 2.0),
        ("max_p95_duration_s", 3.0),
        ("max_cost", 0.00032),
    ],
)
def test_a_limit_holds_up_to_its_value_and_not_beyond(limit: str, value: float) -> None:
    prices = Prices(models={"extract*": Price(prompt=1, completion=2)})
    step = 1e-9 if limit.startswith("max") else -1e-9
    for bound, expected in ((value + step, True), (value - step, False)):
        limits: dict[str, Any] = {limit: bound}
        found = {one.name: one for one in gate_checks(replace(Gate(), **limits), RUN, None, prices)}
        assert found[limit].value == pytest.approx(value if limit != "max_cost" else 280e-6 + 40e-6)
        assert found[limit].is_met is expected, found[limit].line


def test_what_cannot_be_measured_is_met_and_says_so() -> None:
    (check, _) = gate_checks(Gate(min_groundedness=0.9), [record("correct_refusal")], None, Prices())[::-1]
    assert (check.value, check.is_met, check.line) == (None, True, "min_groundedness: n/a, limit 0.9")


def test_a_cost_that_cannot_be_known_is_no_pass() -> None:
    (_, check) = gate_checks(Gate(max_cost=10), RUN, None, Prices())
    assert not check.is_met
    assert "no price is known of extractive" in check.line


def test_broken_cases_count_only_beside_a_baseline() -> None:
    before = [record(case="b"), record("ungrounded", case="c")]
    beside = standings(before, RUN[1:4])
    (check, _) = gate_checks(Gate(max_broken=1), RUN, beside, Prices())
    assert (check.name, check.value, check.is_met) == ("max_broken", 2, False)  # b broke, d is new and fails
    assert [one.name for one in gate_checks(Gate(), RUN, None, Prices())] == ["max_error_rate"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"max_brokn": 1}, r"gate.max_brokn: unknown key; did you mean `max_broken`\?"),
        ({"max_broken": 0.5}, "gate.max_broken: found 0.5, wanted is a whole number from 0"),
        ({"max_broken": True}, "found True, wanted is a whole number"),
        ({"min_pass_rate": 95}, "found 95, wanted is a number from 0 to 1"),
        ({"max_p95_duration_s": -1}, "wanted is a number from 0"),
        ({"max_cost": "1 USD"}, "found '1 USD', wanted is a number from 0"),
    ],
)
def test_a_limit_that_cannot_be_used_is_told(table: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        gate_of(Table(gate=table))


def test_prices_come_from_a_file_of_the_project(tmp_path: Path) -> None:
    text = 'currency = "EUR"\n[models."big-*"]\nprompt = 2\ncompletion = 8\n[models.big-one]\nprompt=4\ncompletion=4\n'
    (tmp_path / "prices.toml").write_text(text, encoding="utf-8")
    prices = read_prices(Table(prices="prices.toml"), tmp_path)
    assert prices.currency == "EUR"
    assert prices.cost("big-two", 1_000_000, 500_000) == 6
    assert prices.cost("big-one", 1_000_000, 500_000) == 6
    assert prices.cost("small", 1, 1) is None
    assert prices.cost(None, 1, 1) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "prices.toml can't be read"),
        ("[models", "is no TOML"),
        ("prices = 1", "only `currency` and"),
        ("currency = 1", "text is wanted"),
        ("[models.m]\nprompt = 1", "wanted are `prompt` and `completion`"),
        ("[models.m]\nprompt = -1\ncompletion = 1", "`prompt` is -1"),
    ],
)
def test_a_price_table_that_cannot_be_used_is_told(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "prices.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        read_prices(Table(prices="prices.toml"), tmp_path)


def test_a_price_table_outside_the_project_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="inside the project"):
        read_prices(Table(prices="../prices.toml"), tmp_path)
