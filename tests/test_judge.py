"""A model that judges beside the deterministic scorer: recorded, replayed, compared."""

import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from casefile_support import settings
from chat_server import Script, all_are, chat_server
from conftest import harness, write
from planned_support import planned

from harness import score_answer
from harness.cassettes.library import Library
from harness.cassettes.scrubbing import Scrubbing
from harness.config import Endpoint, Flags, JudgeSettings, RecordMode
from harness.documents import read_document
from harness.errors import ConfigError
from harness.model.row import Row
from harness.model.score import Behaviour, Judgement, TurnScore
from harness.model.transcript import Attempt, TextPart, Transcript, Turn
from harness.report.agreement import cohens_kappa
from harness.run.judging import Bench
from harness.scoring import score_case
from harness.scoring.judge import JudgeError, _verdicts, task_of

GOOD = '{"verdicts": [{"claim": 1, "support": "supported", "reason": "x"}]}'


DOCUMENT = read_document(b"Members may borrow books for 28 days.\n", "library.md")


def use(project: pytest.Pytester, url: str) -> None:
    table = f'[tool.harness]\n[tool.harness.judge]\nmodel = "judge-1"\nendpoint = "{url}"\n'
    write(project.path / "pyproject.toml", table)


@pytest.mark.slow
def test_it_is_asked_once_never_decides_and_is_replayed_without_a_socket(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with chat_server(all_are("contradicted")) as server:
        use(project, server.url)
        assert "judge" not in project.runpytest("cases").stdout.str()
        assert server.bodies == []
        result = project.runpytest("cases", "--harness-judge")
        assert len(server.bodies) == 1
    result.assert_outcomes(passed=2)
    said = "judge judge-1 (claims-1): kappa 0.00, agrees on 0 of 1 claims"
    result.stdout.fnmatch_lines([said])
    assert list(Path(project.path).glob("cassettes/library/loan/*.judge.yaml"))

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    again = project.runpytest("cases", "--harness-judge", "--harness-record=none")
    again.assert_outcomes(passed=2)
    again.stdout.fnmatch_lines([said])
    shown = harness(project, "show", "latest", "loan").stdout
    shown.fnmatch_lines(
        ["  judge judge-1 (claims-1): agrees on 0 of 1 claims", "      contradicted, not supported: *(it says so)"]
    )


def bench(root: Path, url: str, mode: RecordMode = "once", model: str = "judge-1", key: str | None = None) -> Bench:
    """Return a judge of a project in an empty folder."""
    endpoint = Endpoint(name=url, base_url=url, source="test", api_key=key, timeout_s=10)
    secrets = frozenset({key} if key else ())
    return Bench(
        settings=JudgeSettings(model=model, endpoint=endpoint),
        library=Library(root=root, folder=root / "cassettes", mode=mode),
        may_record=True,
        scrubbing=Scrubbing(secrets, (), root),
        secrets=secrets,
    )


def judged(bench: Bench, answer: str = "Books may be borrowed for 28 days.") -> Judgement:
    """Judge an answer, and return what was said of it."""
    one = planned()
    attempt = Attempt(status="completed", raw_status="completed", parts=(TextPart(text=answer),))
    turn = Turn(prompt="?", attempts=(attempt,))
    transcript = Transcript(target="assistants", requested_model="m", reported_model="m", turns=(turn,))
    documents = {"library.md": DOCUMENT}
    row = Row(planned=one, transcript=transcript, score=score_case(one, transcript, documents))
    judgement = bench.judged(row, documents).score.turns[0].judgement
    assert judgement is not None
    return judgement


def test_it_sees_question_claims_and_passages_and_is_asked_for_a_schema(tmp_path: Path) -> None:
    with chat_server(all_are("supported")) as server:
        assert [one.support for one in judged(bench(tmp_path, server.url)).claims] == ["supported"]
    (body,) = server.bodies
    assert body["response_format"]["type"] == "json_schema"
    assert body["temperature"] == 0
    assert json.loads(body["messages"][1]["content"]) == {
        "question": "How long may I keep a book?",
        "passages": ["Members may borrow books for 28 days.\n"],
        "claims": [{"claim": 1, "text": "Books may be borrowed for 28 days."}],
    }


def test_a_server_without_json_schema_is_asked_again_and_that_is_replayed(tmp_path: Path) -> None:
    good = all_are("supported")

    def script(body: dict[str, Any]) -> str | int:
        return 400 if "response_format" in body else f"Sure!\n```json\n{good(body)!s}\n```"

    with chat_server(script) as server:
        first = judged(bench(tmp_path, server.url))
    assert ["response_format" in body for body in server.bodies] == [True, False]
    assert judged(bench(tmp_path, "http://127.0.0.1:9/v1", "none")) == first
    assert first.error is None


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (lambda _: "I think it is fine.", "no JSON object with `verdicts`"),
        (lambda _: '{"verdicts": []}', "judges claims [], wanted are 1 to 1"),
        (lambda _: 401, "401"),
        (lambda _: b"<html>", "the endpoint's answer is no JSON"),
        (lambda _: b"\xff\xfe{", "the endpoint's answer is no JSON"),
        (lambda _: b"[" * 100_000, "the endpoint's answer is no JSON"),
        (lambda _: b"[]", "the endpoint's answer holds no message"),
    ],
)
def test_what_goes_wrong_is_the_judgements_error_and_is_not_recorded(
    tmp_path: Path, script: Script, words: str
) -> None:
    with chat_server(script) as server:
        assert words in (judged(bench(tmp_path, server.url)).error or "")
    assert not list(tmp_path.rglob("*.yaml"))


def test_a_recording_of_another_judge_or_answer_is_stale(tmp_path: Path) -> None:
    with chat_server(all_are("supported")) as server:
        judged(bench(tmp_path, server.url))
        assert '"judge-1" -> "judge-2"' in (judged(bench(tmp_path, server.url, model="judge-2")).error or "")
        assert "29 days" in (judged(bench(tmp_path, server.url), "It is 29 days.").error or "")
        assert len(server.bodies) == 1
        assert judged(bench(tmp_path, server.url, "new_episodes"), "It is 29 days.").error is None
        assert len(server.bodies) == 2


def test_without_a_recording_mode_none_asks_nobody(tmp_path: Path) -> None:
    with chat_server(all_are("supported")) as server:
        assert "mode `none` makes none" in (judged(bench(tmp_path, server.url, "none")).error or "")
    assert server.bodies == []


def test_its_key_goes_to_it_and_into_no_file(tmp_path: Path) -> None:
    with chat_server(all_are("supported")) as server:
        judged(bench(tmp_path, server.url, key="sk-very-secret-judge"))
        assert server.keys == ["Bearer sk-very-secret-judge"]
    assert not [path for path in tmp_path.rglob("*.yaml") if "sk-very-secret-judge" in path.read_text()]


def test_long_documents_are_shown_by_what_bears_on_the_claims() -> None:
    text = "Nothing of the kind. " * 2_000 + "Books may be kept for 28 days. " + "Nothing more. " * 2_000
    document = read_document(text.encode(), "long.md")
    claim = score_answer("Books may be kept for 28 days.", text).claims[0]
    assert claim.evidence is not None
    evidence = replace(claim.evidence, document="long.md")
    turn = TurnScore(expect="answer", behaviour=Behaviour.ANSWERED, claims=(replace(claim, evidence=evidence),))
    task = task_of("How long?", turn, ("A retrieved passage.",), {"long.md": document})
    assert "28 days" in task.passages[0]
    assert task.passages[1] == "A retrieved passage."
    assert sum(map(len, task.passages)) < 3_000


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "judge.endpoint: is missing"),
        ('[tool.harness.judge]\nendpoint = "http://localhost:1/v1"', "judge.model: is missing"),
        ('[tool.harness.judge]\nmodel = "m"\nendpoint = "embedded"', "the embedded server's models can't judge"),
        ('[tool.harness.judge]\nmodle = "m"', "judge.modle: unknown key; did you mean `model`?"),
        ('[tool.harness.judge]\nmodel = "m"\nendpoint = "localhost"', "found 'localhost', wanted is a URL"),
        ('[tool.harness.judge]\nmodel = "m"\nendpoint = "http://x"\ntimeout_s = 0', "a number above 0 is wanted"),
        ("judge = 3", "found 3, wanted is a table"),
    ],
)
def test_a_judge_that_cannot_be_used_is_told(tmp_path: Path, table: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, table, flags=Flags(judge=True))
    assert words in str(caught.value)


def test_it_gets_its_own_key_and_no_other(tmp_path: Path) -> None:
    table = '[tool.harness.judge]\nmodel = "m"\nendpoint = "https://judge.example/v1"\n'
    environ = {"HARNESS_JUDGE": "1", "OPENAI_API_KEY": "sk-other", "MINE": "sk-mine", "OPENAI_BASE_URL": "https://x/v1"}
    bare = settings(tmp_path, table, environ).judge
    assert bare is not None
    assert (bare.endpoint.base_url, bare.endpoint.api_key) == ("https://judge.example/v1", None)
    config = settings(tmp_path, table + 'api_key_env = "MINE"', environ)
    assert config.judge is not None
    assert config.judge.endpoint.api_key == "sk-mine"
    assert "sk-mine" in config.secrets


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "[]",
        '{"verdicts": [{"claim": 1}]}',
        '{"verdicts": [{"claim": 1, "support": "maybe"}]}',
        '{"verdicts": [{"claim": 2, "support": "supported"}]}',
        '{"verdicts": [{"claim": 1, "support": "supported"}, {"claim": 1, "support": "contradicted"}]}',
        '{"verdicts": [{"claim": 1, "support": "supported"}, {"claim": 1, "support": "supported"}]}',
        '{"verdicts": [1]}',
        '{"verdicts": [null]}',
    ],
)
def test_a_reply_of_another_form_is_an_error(reply: str) -> None:
    with pytest.raises(JudgeError):
        _verdicts(reply, 1)


@pytest.mark.parametrize("reply", [GOOD, f"Here:\n```json\n{GOOD}\n```", f"Well, {GOOD} that is all."])
def test_a_reply_is_found_in_what_surrounds_it(reply: str) -> None:
    assert _verdicts(reply, 1)[0].support == "supported"


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        ([], None),
        ([("a", "a")] * 3, None),
        ([("a", "a"), ("b", "b")], 1.0),
        ([("a", "b"), ("b", "a")], -1.0),
        ([("a", "a")] * 20 + [("a", "b")] * 5 + [("b", "a")] * 10 + [("b", "b")] * 15, 0.4),
    ],
)
def test_kappa_is_agreement_beyond_chance(pairs: list[tuple[str, str]], kappa: float | None) -> None:
    assert cohens_kappa(pairs) == kappa
