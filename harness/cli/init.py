"""`harness init`: a suite that works, in an empty folder."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from harness.errors import ConfigError

_PYPROJECT = """\
[tool.harness]
cases = "cases"
fixtures = "fixtures"
"""

_DOCUMENT = """\
# Opening hours

The reading room is open from Tuesday to Saturday, 10:00 to 18:00. It is closed on Sundays and Mondays.

# Borrowing

Members may borrow up to 6 books at a time for 28 days. A loan can be renewed twice.
A book that comes back late costs 0.20 USD a day, at most 8.00 USD.
"""

_SUITE = """\
# Editors check and complete this file by its schema, which `harness schema > suite.schema.json` writes:
# yaml-language-server: $schema=../suite.schema.json
documents: [library.md]
assistant:
  # `extractive` is built in: a stand-in that needs no key and no network.
  # For a real model set MODEL and HARNESS_ENDPOINT.
  model: ${MODEL:-extractive}
  instructions: |
    You answer visitors of a library. Answer only from the documents.
    If they do not hold the answer, reply with "Sorry, I can't find that in our documents."
refusal: Sorry, I can't find that in our documents.
cases:
  - id: loan-period
    prompt: For how many days may members borrow books?
    expected_facts: [{number: 28, unit: days}]
    cites: [library.md]
  - id: late-fee
    prompt: What does a late book cost a day?
    expected_facts: [{number: 0.20}]
  - id: head-librarian
    prompt: What is the name of the head librarian?
    expect: refuse
"""

_WORKFLOW = """\
name: cases
on: [push, pull_request]
permissions:
  contents: read
jobs:
  cases:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {python-version: "3.12"}
      # A variable of the repository: what pip installs, such as git+https://... of your copy of assistant-harness.
      - run: pip install "${{ vars.ASSISTANT_HARNESS }}"
      # Recordings are replayed: commit cassettes/. Nothing is recorded where CI is set.
      - run: pytest cases/ --junitxml=junit.xml
      - run: harness report latest --output report.html
        if: always()
      - uses: actions/upload-artifact@v4
        if: always()
        with: {name: report, path: report.html}
"""

_IGNORED = """\
.env
cassettes/**/.lock
results/*
!results/baselines/
!results/labels.jsonl
/junit.xml
/report.html
"""


def make_project(folder: Path, *, is_on_github: bool = False) -> Iterator[Path]:
    """Make the files of a small project, and yield each as it is made. A pyproject.toml that is there is added to.

    Args:
        folder: Where.
        is_on_github: Whether there is to be a workflow that runs the cases.

    Raises:
        ConfigError: A file is in the way, or the folder cannot be written to. Nothing is overwritten.
    """
    files = {
        folder / "fixtures" / "library.md": _DOCUMENT,
        folder / "cases" / "library.yaml": _SUITE,
    }
    if is_on_github:
        files[folder / ".github" / "workflows" / "cases.yml"] = _WORKFLOW
    taken = [path for path in files if path.exists()]
    if taken:
        hint = "name another folder: harness init my-project"
        raise ConfigError("is there already; nothing was made", where=str(taken[0]), hint=hint)
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            yield path
        yield from _joined(folder / "pyproject.toml", _PYPROJECT, "[tool.harness]")
        yield from _joined(folder / ".gitignore", _IGNORED, "results/")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", where=str(error.filename)) from error


def next_steps(folder: Path) -> Iterator[str]:
    """Return what to do with the project."""
    yield "next:"
    if folder != Path():
        yield f"  cd {shlex.quote(str(folder))}"
    yield "  pytest cases/                     # three cases; the first time they are recorded, then replayed"
    yield "  harness show latest loan-period   # an answer with its claims and passages"
    yield "then put your document into fixtures/, and your question into cases/library.yaml"


def _joined(path: Path, text: str, sign: str) -> Iterator[Path]:
    """Add text to a file, unless a sign in it says that it is there."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if sign not in old:
        path.write_text(f"{old.rstrip()}\n\n{text}" if old.strip() else text, encoding="utf-8")
        yield path
