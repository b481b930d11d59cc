"""What the documentation shows: its blocks, and the projects in which they are tried.

A comment before a fenced block says what is done with it:

    <!-- tried in: library -->                      the commands run in a project in this state
    <!-- tried in: library, exit code 1 -->         and the last of them ends so
    <!-- tried in: library, as cases/a.yaml -->     the text is written to this file
    <!-- tried in: library, into cases/a.yaml -->   the text is put before the line `cases:` of this file
    <!-- tried in: library, as ci.yml, its steps --> the commands of a workflow run, as in CI
    <!-- printed -->                                each line was printed by the block before; `...` stands for anything

The blocks of a page that are tried in the same state share one folder and run in the order of the page.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from conftest import SAID_BY_THE_ENVIRONMENT, write

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
RUN = "2026-11-23T10-00-00-ab12"
"""The run that pages name as an example; where a block is tried, the newest one takes its place."""

_FENCE = re.compile(r"(?P<marks>```+)\s*(?P<language>[\w-]*)\s*")
_TRIED = re.compile(
    r"<!-- tried in: (?P<state>\w+)(?:, (?P<how>as|into) (?P<file>[\w./-]+))?(?P<steps>, its steps)?"
    r"(?:, exit code (?P<code>\d+))? -->"
)
_PRINTED = "<!-- printed -->"


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block."""

    page: str
    line: int
    language: str
    text: str
    comment: str = ""
    """The comment on the line before; empty for none."""

    @property
    def tried(self) -> re.Match[str] | None:
        return _TRIED.fullmatch(self.comment)

    @property
    def is_printed(self) -> bool:
        return self.comment == _PRINTED

    @property
    def first_line(self) -> str:
        return self.text.strip().partition("\n")[0]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """Return the blocks of all pages in these languages; without any, all blocks."""
    found = [block for page in PAGES for block in blocks_of(page)]
    return [block for block in found if not languages or block.language in languages]


def blocks_of(page: Path) -> Iterator[Block]:
    """Return the fenced blocks of a page."""
    lines = page.read_text(encoding="utf-8").splitlines()
    name, at = page.relative_to(ROOT).as_posix(), 0
    while at < len(lines):
        fence = _FENCE.fullmatch(lines[at])
        if fence is None:
            at += 1
            continue
        end = next(index for index in range(at + 1, len(lines)) if lines[index].strip() == fence["marks"])
        comment = lines[at - 1].strip() if at and lines[at - 1].startswith("<!--") else ""
        text = "\n".join(lines[at + 1 : end]) + "\n"
        yield Block(page=name, line=at + 1, language=fence["language"], text=text, comment=comment)
        at = end + 1


def environment() -> dict[str, str]:
    """Return an environment that says nothing but where our commands are."""
    said = {key: value for key, value in os.environ.items() if key not in SAID_BY_THE_ENVIRONMENT}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # Plugins that happen to be installed besides cost each session half a second.
    only_ours = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "-p harness.pytest_plugin"}
    return {**said, **only_ours, "PATH": path, "COLUMNS": "110", "GIT_CONFIG_GLOBAL": os.devnull}


@functools.cache
def prepared(state: str, base: Path) -> Path:
    """Make a project in a state, once for all tests of a process, and return it: to be copied, never to be changed.

    Args:
        state: `empty`: nothing is there. `library`: what `harness init` makes, and a run of it. `suites`: the suites of
            this repository with their recordings, two runs of them, and the baseline `main`.
        base: Where temporary folders of the session are.
    """
    folder = base / f"prepared-{state}"
    folder.mkdir()
    commands = {
        "empty": [],
        "library": ["harness init", "harness run -q", "git init -q"],
        "suites": [
            # Whether the committed recordings are fresh is what tests/test_recordings.py asks, not the pages.
            "harness cassettes record --stale",
            "harness cassettes prune --yes",
            "harness run -q cases/products.yaml",
            "harness run -q",
            "harness baseline set latest",
            "git init -q",
        ],
    }[state]
    if state == "suites":
        for name in ("cases", "fixtures", "cassettes"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        write(folder / "pyproject.toml", "[tool.harness]\n")
    for command in commands:
        ended = script(command, folder)
        assert ended.code == 0, ended.output
    return folder


@dataclass
class Ended:
    """How a script ended."""

    code: int
    output: str


def script(text: str, folder: Path, **said: str) -> Ended:
    """Run a shell script in a folder; it ends at the first command that fails."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env=environment() | said,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Ended(code=done.returncode, output=done.stdout + done.stderr)


@dataclass
class Trial:
    """The blocks of a page being tried in one state."""

    folder: Path
    """Where the next block starts: `cd` in a block holds for those after it."""
    output: str = ""
    """What the block before printed."""
    wrong: list[str] = field(default_factory=list)

    def take(self, block: Block) -> None:
        """Do with a block what its comment says; what went wrong is noted."""
        tried = block.tried
        if block.is_printed:
            self._hold(block)
        elif tried and tried["file"]:
            path = self.folder / tried["file"]
            write(path, block.text if tried["how"] == "as" else _put_in(block.text, path))
            if tried["steps"]:
                self._run(block, _steps(block.text), 0, CI="true")
        elif tried and block.language == "python":
            self._run(block, f"python - <<'PYTHON'\n{block.text}\nPYTHON", 0)
        elif tried:
            self._run(block, block.text, int(tried["code"] or 0))

    def _run(self, block: Block, text: str, code: int, **said: str) -> None:
        newest = max((path.name for path in (self.folder / "results").glob("2*")), default=RUN)
        where = self.folder / ".pwd"
        said |= {"GITHUB_STEP_SUMMARY": str(self.folder / ".summary.md"), "WHERE": str(where)}
        ended = script(f"trap 'pwd > \"$WHERE\"' EXIT\n{text.replace(RUN, newest)}", self.folder, **said)
        self.output = ended.output
        if ended.code != code:
            self.wrong.append(f"{block}: ended with {ended.code} instead of {code}\n{ended.output}")
        moved = Path(where.read_text().strip())
        where.unlink()
        self.folder = moved

    def _hold(self, block: Block) -> None:
        rest = [_plain(line) for line in self.output.splitlines()]
        for wanted in filter(None, map(_plain, block.text.splitlines())):
            pattern = re.compile(".*".join(map(re.escape, wanted.split("..."))))
            at = next((index for index, line in enumerate(rest) if pattern.fullmatch(line)), None)
            if at is None:
                self.wrong.append(f"{block}: was not printed: {wanted}\n{self.output}")
                return
            rest = rest[at + 1 :]


def _plain(line: str) -> str:
    return " ".join(line.split())


def _put_in(text: str, path: Path) -> str:
    before, found, after = path.read_text(encoding="utf-8").partition("\ncases:\n")
    assert found, f"{path} has no line `cases:`"
    return f"{before}\n{text.rstrip()}{found}{after}"


def _steps(workflow: str) -> str:
    """Return the commands of a workflow's steps; what is installed is what is being tested."""
    data: Mapping[str, Mapping[str, Mapping[str, list[Mapping[str, str]]]]] = yaml.safe_load(workflow)
    runs = [step["run"] for job in data["jobs"].values() for step in job["steps"] if "run" in step]
    return "\n".join(run for run in runs if not run.startswith("pip install"))
