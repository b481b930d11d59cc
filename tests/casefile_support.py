"""A project in a folder, for tests of suites, settings and plans."""

from collections.abc import Mapping
from pathlib import Path

from harness.casefile import load_suite
from harness.config import Config, Flags, load_config
from harness.model.suite import LoadedSuite

SUITE = "cases/suite.yaml"

WHOLE = """\
# yaml-language-server: $schema=../harness/suite.schema.json
documents: [products.json, notes/terms.md]
assistant:
  name: Analyst
  model: ${MODEL:-extractive}
  instructions: {file: advisor.md}
  tools: [retrieval]
refusal: I have no access to that.
min_groundedness: ${LIMIT:-0.7}
tags: [analyst]
variants:
  careful: {run_instructions: "Be careful.", temperature: 0, tools: []}
cases:
  - id: dearest
    prompt: What costs $5 or $${NOT_A_VARIABLE}?
    expected_facts:
      - Seattle
      - {any_of: [laptop, {regex: "note ?book"}]}
      - {number: 12.5, tolerance: 0.5, unit: USD}
      - {sql: select max(price) from products}
      - {not: hypothe}
    cites: [products.json]
    xfail: {reason: too hard, variant: careful}

  - id: salary
    prompt: What is the salary of the CEO?
    expect: refuse
    tags: [absent]
    skip: not today
  - id: talk
    documents: [notes/terms.md]
    turns:
      - prompt: Which category sold most?
      - {prompt: And the next?, expected_facts: [{number: 12}]}
  - id: clusters
    prompt:
      costar: {context: c, objective: {file: advisor.md}, style: s, tone: t, audience: a, response: r}
"""
"""A suite that uses everything; it needs a file `advisor.md` beside it."""


def write_project(root: Path, files: Mapping[str, str | bytes]) -> Config:
    """Write files (and an empty pyproject.toml table) and return the settings that follow from them."""
    for name, content in {"pyproject.toml": "[tool.harness]\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_config(root.resolve(), {})


def load(root: Path, suite: str | bytes, environ: Mapping[str, str] | None = None, **files: str) -> LoadedSuite:
    """Write one suite and load it; `files` are further files beside it, `__` standing for the dot of their names."""
    beside = {f"cases/{name.replace('__', '.')}": content for name, content in files.items()}
    config = write_project(root, {SUITE: suite, **beside})
    return load_suite(config.project.root / SUITE, config.project, environ or {})


def settings(
    root: Path, toml: str = "", environ: Mapping[str, str] | None = None, flags: Flags | None = None, dotenv: str = ""
) -> Config:
    """Return the settings of a project with this `[tool.harness]` table and `.env`."""
    write_project(root, {})
    (root / "pyproject.toml").write_text(f"[tool.harness]\n{toml}\n", encoding="utf-8")
    (root / ".env").write_text(dotenv, encoding="utf-8")
    return load_config(root.resolve(), environ or {}, flags)
