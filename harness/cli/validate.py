"""`harness validate`: everything that can be wrong with suites, found without a run."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.casefile import find_suites, load_suite
from harness.config import Flags, find_project, load_config
from harness.errors import CaseFileError, HarnessError
from harness.plan import SourceFiles, plan_suite


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """A suite and what is wrong with it."""

    suite: str
    cases: int
    variants: int
    """With the one that the `assistant` block itself describes."""
    error: str | None = None
    """All that is wrong with it; None where nothing is."""


def validate(paths: Sequence[Path], folder: Path) -> list[Checked]:
    """Check suites: their form, variants, templates, documents, and that each assistant has a model.

    Args:
        paths: Suites, or folders of them; empty for all of the project.
        folder: Where the command is run.

    Raises:
        ConfigError: The project's own settings are wrong.
        CaseFileError: A path that is no suite of the project.
    """
    project = find_project(folder)
    config = load_config(project.root, os.environ, Flags(variants=("*",)))
    suites = find_suites(config.project)
    chosen = [suite for suite in suites if not paths or any(_is_below(suite, folder / path) for path in paths)]
    for path in paths:
        if not any(_is_below(suite, folder / path) for suite in suites):
            hint = f"suites are the *.yaml files below {project.relative(project.cases)}/"
            raise CaseFileError("is no suite of this project, nor a folder with one", where=str(path), hint=hint)
    files = SourceFiles(project=config.project)
    checked = []
    for path in chosen:
        name = project.relative(path)
        try:
            loaded = load_suite(path, config.project, config.environ)
            plan_suite(loaded, config, files=files)
        except HarnessError as error:
            checked.append(Checked(suite=name, cases=0, variants=0, error=str(error)))
        else:
            suite = loaded.suite
            checked.append(Checked(suite=name, cases=len(suite.cases), variants=1 + len(suite.variants)))
    return checked


def _is_below(suite: Path, path: Path) -> bool:
    return suite.resolve().is_relative_to(path.resolve())
