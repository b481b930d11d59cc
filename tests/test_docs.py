"""The documentation does what it says: commands run, suites load, settings are read, links lead somewhere."""

import itertools
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import write
from docs_support import PAGES, ROOT, Block, Trial, blocks, blocks_of, prepared

from harness.casefile import find_suites, load_suite
from harness.casefile.reference import PATH, reference
from harness.config import Flags, find_project, load_config
from harness.model.suite import Suite

A_SERVER = "names a server that is not there; server.md's commands are run by tests/test_server_*.py"
UNTRIED = {
    ("README.md", "make cases"): "CI runs it",
    ("README.md", "pytest cases/ --harness-endpoint"): A_SERVER,
    ("docs/tutorial.md", "make cases"): "CI runs it",
    ("docs/tutorial.md", "pytest cases/ --harness-endpoint"): A_SERVER,
    ("docs/server.md", "harness serve --port 8080 --upstream"): "runs until Ctrl-C; see tests/test_server_bridge.py",
    ("docs/server.md", "harness serve --port 8080 --faults"): "runs until Ctrl-C; see tests/test_server_faults.py",
    ("docs/scale.md", "pip install 'assistant-harness[ray]'"): "needs a cluster; see tests/test_cluster.py",
    ("docs/report.md", "harness view --port 8080"): "runs until Ctrl-C; see tests/test_help_examples.py",
}
"""Blocks of commands and of Python that are not tried, by page and how they begin, and why."""
NO_SUITE = {
    "version: 1": "an excerpt of a cassette",
    "# faults.yaml": "faults of the server, read by tests/test_server_faults.py",
}
"""YAML that is neither a suite, nor part of one, nor a workflow, by its first line."""

_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_INLINE_CODE = re.compile(r"`[^`]*`")
_MINIMAL = {"cases": [{"id": "any", "prompt": "Is it?", "expect": "refuse"}]}


def _trials() -> Iterator[Any]:
    for page in PAGES:
        states = dict.fromkeys(block.tried["state"] for block in blocks_of(page) if block.tried)
        for state in states:
            name = page.relative_to(ROOT).as_posix()
            yield pytest.param(page, state, id=f"{name}-{state}")


@pytest.mark.slow
@pytest.mark.parametrize(("page", "state"), list(_trials()))
def test_a_page_does_what_it_says(
    page: Path, state: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trial = Trial(folder=tmp_path / "project")
    shutil.copytree(prepared(state, tmp_path_factory.getbasetemp()), trial.folder)
    current = ""
    for block in blocks_of(page):
        current = block.tried["state"] if block.tried else current
        if current == state:
            trial.take(block)

    assert trial.wrong == []


def test_what_is_not_tried_is_listed_with_a_reason() -> None:
    found = [block for block in blocks("sh", "python") if not block.tried]
    listed = {key: [block for block in found if _begins(block, *key)] for key in UNTRIED}

    assert [
        f"{block} {block.first_line}" for block in found if not any(block in some for some in listed.values())
    ] == []
    assert [key for key, some in listed.items() if not some] == []


def _begins(block: Block, page: str, words: str) -> bool:
    return block.page == page and block.first_line.startswith(words)


def test_a_comment_that_means_to_be_tried_is_understood() -> None:
    odd = [str(block) for block in blocks() if block.comment and not (block.tried or block.is_printed)]

    assert odd == []


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_suites_on_the_pages_load(block: Block, tmp_path: Path) -> None:
    if block.first_line in NO_SUITE:
        return
    data = yaml.safe_load(block.text)
    if "jobs" in data:
        assert all("run" in step or "uses" in step for job in data["jobs"].values() for step in job["steps"])
        return
    assert set(data) <= set(Suite.__dataclass_fields__), "neither a suite nor part of one: is its kind missing here?"
    text = block.text if "cases" in data else f"{block.text}\n{yaml.safe_dump(_MINIMAL)}"
    write(tmp_path / "pyproject.toml", "[tool.harness]\n")
    write(tmp_path / "cases" / "suite.yaml", text)
    write(tmp_path / "cases" / "fees.csv", "days,fee\n1,0.20\n")
    for named in re.findall(r"\{file: ([\w./-]+)\}", text):
        write(tmp_path / "cases" / named, "Answer only from the documents.\n")

    project = find_project(tmp_path)
    (path,) = find_suites(project)

    assert load_suite(path, project, {}).suite.cases


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_settings_on_the_pages_are_read(block: Block, tmp_path: Path) -> None:
    data = tomllib.loads(block.text)
    prices = {"currency": "USD"} if "tool" in data else data
    settings = block.text if "tool" in data else '[tool.harness]\nprices = "prices.toml"\n'
    write(tmp_path / "pyproject.toml", settings)
    write(tmp_path / "prices.toml", block.text if prices is data else "")

    config = load_config(tmp_path, {}, Flags(judge="[tool.harness.judge]" in settings))

    assert config.prices.currency == prices["currency"]


def _links(page: Path) -> Iterator[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for link in _LINK.finditer(_INLINE_CODE.sub("", text)):
        if "://" not in link["target"]:
            yield link["target"]


def _anchors(page: Path) -> set[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name if page.parent == ROOT else f"docs/{page.name}")
def test_links_lead_somewhere(page: Path) -> None:
    for link in _links(page):
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page

        assert path.is_relative_to(ROOT), link
        assert path.exists(), link
        assert not anchor or anchor in _anchors(path), link


def test_the_index_lists_every_page() -> None:
    listed = set(_links(ROOT / "docs" / "README.md"))

    assert listed == {page.name for page in PAGES if page.parent != ROOT} - {"README.md"}


def test_the_reference_of_case_files_is_made_from_what_reads_them() -> None:
    assert PATH.read_text(encoding="utf-8") == reference(), "run `python -m harness.casefile.reference`"


def test_the_reference_describes_every_key() -> None:
    rows = [line for line in reference().splitlines() if line.startswith("| `")]

    assert len(rows) > 80
    assert [row for row in rows if row.rstrip(" |").count("|") < 4] == []


def test_first_case_of_ones_own_fails_within_five_commands() -> None:
    """README and tutorial: clone, then `make cases`, activate, `harness init`, `cd`, an edit, `pytest`."""
    tutorial = [block for block in blocks_of(ROOT / "docs" / "tutorial.md") if block.language == "sh"]
    failing = next(at for at, block in enumerate(tutorial) if block.tried and block.tried["code"] == "1")
    commands = list(itertools.chain.from_iterable(block.text.split("\n")[:-1] for block in tutorial[: failing + 1]))
    needed = [line for line in commands if line not in {"pytest cases/", "harness show latest late-fee"}]

    assert needed == ["make cases", ". .venv/bin/activate", "harness init ../my-project", "cd ../my-project",
                      "pytest cases/films.yaml"]  # fmt: skip
