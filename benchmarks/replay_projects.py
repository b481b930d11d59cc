"""The two projects that `replay.py` compares: a suite of ours, and pytest-recording with the same conversation."""

import json
import shutil
from pathlib import Path

SUITE = 500
"""Cases a file: people split large suites, and each file has a limit."""
DOCUMENT = "branches.txt"
_TOWNS = ("Torvik", "Almere", "Ghent", "Porto", "Lund", "Brno", "Turku", "Graz", "Siena", "Bergen", "Tartu", "Lille")
_GOODS = ("lamps", "kettles", "chairs", "drills", "radios", "carpets", "clocks", "fans", "mirrors", "ladders", "tents")

PYPROJECT = '[tool.harness]\nrecord = "once"\n\n[tool.pytest.ini_options]\naddopts = ["-p", "no:cacheprovider"]\n'

CONFTEST = '''\
"""With UNSCORED set every transcript passes: what is left is replay."""

import os

if os.environ.get("UNSCORED"):
    import harness.pipeline
    from harness.model.score import Behaviour, CaseScore, Outcome, TurnScore

    def passed(planned, transcript, *_):
        turn = TurnScore(expect="answer", behaviour=Behaviour.ANSWERED, outcome=Outcome.GROUNDED)
        assert transcript.turns[0].final.text
        return CaseScore(turns=(turn,), deciding_turn=0, outcome=Outcome.GROUNDED, scorer="none")

    harness.pipeline.score_case = passed
'''

PEER = '''\
"""The conversation that our runner has, by the openai client and pytest-recording: one cassette a test."""

import os

import pytest

INCLUDE = ["step_details.tool_calls[*].file_search.results[*].content"]


@pytest.fixture(scope="session")
def threads():
    from openai import OpenAI

    return OpenAI(api_key="none", base_url=os.environ["PEER_URL"]).beta.threads


@pytest.mark.vcr
@pytest.mark.parametrize("number", range({cases}))
def test_branch(threads, number):
    message = {{"role": "user", "content": f"How many goods did branch {{number}} sell?"}}
    thread = threads.create(messages=[message])
    run = threads.runs.create(thread_id=thread.id, assistant_id="asst_0")
    while run.status in ("queued", "in_progress"):
        run = threads.runs.retrieve(run.id, thread_id=thread.id)
    steps = threads.runs.steps.list(run.id, thread_id=thread.id, include=INCLUDE, order="asc", limit=100)
    messages = threads.messages.list(thread.id, run_id=run.id, order="asc", limit=100)
    threads.delete(thread.id)
    assert steps.data[0].step_details.tool_calls[0].file_search.results
    assert f"branch {{number % {paragraphs}}} " in messages.data[0].content[0].text.value
'''


def paragraphs(size: int) -> list[str]:
    """Return a document of about `size` bytes as paragraphs of two sentences, each true of one branch only."""
    found: list[str] = []
    total = 0
    while total < size:
        number = len(found)
        town, goods = _TOWNS[number * 7 % len(_TOWNS)], _GOODS[number * 5 % len(_GOODS)]
        text = (
            f"In {town}, branch {number} sold {100 + number * 37 % 9000} {goods} last year. "
            f"Its manager expects to sell {120 + number * 41 % 9000} of them this year."
        )
        found.append(text)
        total += len(text) + 2
    return found


def make_document(path: Path, size: int) -> int:
    """Write the document; return how many paragraphs it has."""
    texts = paragraphs(size)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(texts), encoding="utf-8")
    return len(texts)


def make_ours(folder: Path, cases: int, document: Path) -> None:
    """Write a project of ours, in suites of `SUITE` cases."""
    texts = document.read_text(encoding="utf-8").split("\n\n")
    (folder / "cases").mkdir(parents=True)
    (folder / "fixtures").mkdir()
    shutil.copy(document, folder / "fixtures" / DOCUMENT)
    (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    for first in range(0, cases, SUITE):
        blocks = [_case(number, texts) for number in range(first, min(first + SUITE, cases))]
        (folder / "cases" / f"branches-{first // SUITE:02}.yaml").write_text(_HEAD + "".join(blocks), encoding="utf-8")


_HEAD = f"""\
documents: [{DOCUMENT}]
assistant:
  model: fake
  instructions: Answer only from the attached document, in two sentences. If it does not hold the answer, say so.
cases:
"""


def _case(number: int, texts: list[str]) -> str:
    sold = texts[number % len(texts)].split(" sold ")[1].split()[0]
    prompt = json.dumps(f"How many goods did branch {number} sell?")
    return f"  - id: branch-{number}\n    prompt: {prompt}\n    expected_facts: [{{number: {sold}}}]\n"


def make_peer(folder: Path, cases: int, paragraphs_count: int) -> None:
    """Write pytest-recording's project."""
    folder.mkdir(parents=True)
    # Warnings of the client's deprecated methods would be collected and printed: nobody's replay needs that.
    settings = "[pytest]\naddopts = -p no:cacheprovider\nfilterwarnings = ignore::DeprecationWarning\n"
    (folder / "pytest.ini").write_text(settings, encoding="utf-8")
    text = PEER.format(cases=cases, paragraphs=paragraphs_count)
    (folder / "test_branches.py").write_text(text, encoding="utf-8")


def make_empty(folder: Path, tests: int) -> None:
    """Write a project that has nothing to do with us: `tests` empty tests."""
    folder.mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n", encoding="utf-8")
    head = f'import pytest\n\n\n@pytest.mark.parametrize("number", range({tests}))\n' if tests != 1 else ""
    argument = "number" if tests != 1 else ""
    (folder / "test_empty.py").write_text(f"{head}def test_nothing({argument}):\n    pass\n", encoding="utf-8")
