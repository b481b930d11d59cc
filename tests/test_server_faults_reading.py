"""Files of faults: what is wrong in them is told with its line."""

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.server.faults.reading import read_faults


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("rules:\n  - route: GET /models\n    stauts: 500\n", 3, "unknown key `stauts`; did you mean `status`?"),
        ("rules: [{route: GET /a, status: 500}]\nseeds: 1\n", 2, "unknown key `seeds`; did you mean `seed`?"),
        ("rules: []\n", 1, "`rules`: found [], wanted List should have at least 1 item"),
        ("seed: 1\n", 1, "`rules` is missing"),
        ("rules:\n  - status: 500\n", 2, "`route` is missing"),
        ("rules:\n- {route: GET /a, status: 500, rate: 1.5}\n", 2, "`rate`: found 1.5, wanted less than or equal to 1"),
        ("rules:\n- route: GET /a\n  status: yes\n", 3, "`status`: found True, wanted a valid integer"),
        ("rules:\n- route: GET /a\n  status: 700\n", 3, "`status`: found 700"),
        ("rules:\n- route: GET /a\n  nth: 0\n  status: 500\n", 3, "`nth`: found 0"),
        ("rules:\n- route: GET /a\n  delay: .inf\n", 3, "`delay`: found inf"),
        ("rules:\n- route: GET /a\n  reset: later\n", 3, "`reset`: found 'later', wanted 'before' or 'after'"),
        ("rules:\n- route: GET /a\n  silence: later\n", 3, "found 'later', wanted 'before' or 'after'"),
        ("rules:\n- route: GET /a\n  cut: {event: 3}\n", 3, "unknown key `event`; did you mean `events`?"),
        ("rules:\n- route: GET /a\n  cut: {}\n", 3, "name one place: `events: N` or `bytes: N`"),
        ("rules:\n- route: GET /a\n  cut: {events: 1, bytes: 1}\n", 3, "name one place"),
        ("rules:\n- route: GET /a\n  cut: {moment: before}\n", 2, "`reset` closes before it"),
        ("rules:\n- route: GET /a\n", 2, "the rule does nothing"),
        ("rules:\n- route: models\n  status: 500\n", 2, "'models' is no method and path"),
        ("rules:\n- route: GET /a\n  status: 500\n  reset: after\n", 2, "`status` and `reset` exclude each other"),
        ("rules:\n- {route: GET /a, status: 500, nth: 1, rate: 1}\n", 2, "`nth` and `rate` exclude each other"),
        ("rules:\n- {route: GET /a, reset: after, retry_after: 1}\n", 2, "`retry_after` goes with `status`"),
        ("rules:\n- {route: GET /a, run_status: expired, last_error: server_error}\n", 2, "goes with `run_status: f"),
        ("rules:\n- {route: GET /a, run_status: failed}\n", 2, "makes no run"),
        ("rules:\n- {route: POST /responses, run_status: expired}\n", 2, "makes no run"),
        ("rules:\n- route: GET /a\n  status: 500\n  status: 501\n", 4, "`status` stands twice, first in line 3"),
        ("rules:\n- route: *all\n", 2, "aliases"),
        ("rules: [\n", 2, "is no YAML"),
        ("- 1\n", 1, "is no mapping with `rules`"),
        ("", 1, "is no mapping with `rules`"),
        ("[" * 50, 1, "nested more than 20 levels deep"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        read_faults(path)
    assert raised.value.where == f"{path}:{line}"
    assert said in raised.value.what


def test_a_file_that_is_no_text_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for name, said in (("binary", "is not UTF-8"), ("missing", "No such file")):
        with pytest.raises(ConfigError, match=said):
            read_faults(tmp_path / name)
