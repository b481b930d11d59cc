"""`harness init`: a suite that works, in an empty folder."""

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

_IGNORED = """\
.env
cassettes/**/.lock
results/*
!results/baselines/
"""


def make_project(folder: Path) -> Iterator[Path]:
    """Make the files of a small project, and yield each as it is made. A pyproject.toml that is there is added to.

    Raises:
        ConfigError: A file is in the way, or the folder cannot be written to. Nothing is overwritten.
    """
    files = {
        folder / "fixtures" / "library.md": _DOCUMENT,
        folder / "cases" / "library.yaml": _SUITE,
    }
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


def _joined(path: Path, text: str, sign: str) -> Iterator[Path]:
    """Add text to a file, unless a sign in it says that it is there."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if sign not in old:
        path.write_text(f"{old.rstrip()}\n\n{text}" if old.strip() else text, encoding="utf-8")
        yield path
