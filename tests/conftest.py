"""What all tests share."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

for _name in ("duckdb", "httpcore2", "numpy", "openai.resources.beta", "pandas", "pydantic", "pypdfium2", "vcr"):
    # pytester forgets what a session inside this process imported; numpy cannot be imported twice, others are slow.
    import_module(_name)

pytest_plugins = ["pytester"]

LIBRARY = "Members may borrow books for 28 days. A late book costs 0.20 USD a day.\n"
SUITE = """\
documents: [library.md]
assistant:
  model: ${MODEL:-extractive}
  instructions: Answer only from the documents. Otherwise reply "Sorry, I can't find that."
refusal: Sorry, I can't find that.
variants:
  chatty: {additional_run_instructions: Address the user as Ada.}
cases:
  - id: loan
    prompt: For how many days may members borrow books?
    expected_facts: [{number: 28, unit: days}]
    tags: [period]
  - id: librarian
    prompt: What is the name of the head librarian?
    expect: refuse
"""

SAID_BY_THE_ENVIRONMENT = (
    "CI",
    "MODEL",
    "HARNESS_ENDPOINT",
    "HARNESS_RECORD",
    "HARNESS_MODEL",
    "HARNESS_VARIANT",
    "HARNESS_TARGET",
    "HARNESS_TRIALS",
    "HARNESS_BASELINE",
    "HARNESS_GATE",
    "HARNESS_MAX_TOKENS",
    "HARNESS_MAX_COST",
    "HARNESS_MAX_DURATION",
    "HARNESS_REQUESTS_PER_MINUTE",
    "HARNESS_ADDRESS",
    "HARNESS_EXECUTOR",
    "RAY_ADDRESS",
    "HARNESS_DRY_RUN",
    "HARNESS_RESUME",
    "HARNESS_REUSE_UPLOADS",
    "HARNESS_FILTER",
    "HARNESS_TAG",
    "HARNESS_LAST_FAILED",
    "HARNESS_QUIET",
    "HARNESS_WATCH",
    "HARNESS_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_API_BASE",
    "OPENAI_API_KEY",
    "OPENAI_ORG_ID",
    "ANYSCALE_API_BASE",
    "ANYSCALE_API_KEY",
    "PYTEST_ADDOPTS",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_WORKSPACE",
    "HTTP_PROXY",
    "http_proxy",
)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small project in an empty folder, and an environment that says nothing."""
    for name in SAID_BY_THE_ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    pytester.makefile(".toml", pyproject="[tool.harness]\n")
    write(pytester.path / "fixtures" / "library.md", LIBRARY)
    write(pytester.path / "cases" / "library.yaml", SUITE)
    return pytester


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def harness(project: pytest.Pytester, *args: str) -> pytest.RunResult:
    """Run the `harness` command in the project."""
    return project.run(sys.executable, "-m", "harness", *args)
