"""Read the suites and take the inventory of their recordings."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from harness.casefile import find_suites, load_suite
from harness.cassettes.inventory import Inventory, take_inventory
from harness.cassettes.library import Library
from harness.config import Config, Flags, find_project, load_config
from harness.plan import SourceFiles, check_variants, plan_suite


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A project and its recordings."""

    config: Config
    inventory: Inventory


def look(folder: Path, flags: Flags | None = None) -> Seen:
    """Take the inventory of the project that a folder belongs to.

    Raises:
        HarnessError: There is no project, or something in it cannot be used: without all suites nobody can tell
            which recordings are needed.
    """
    project = find_project(folder)
    config = load_config(project.root, os.environ, flags)
    loaded = [load_suite(path, project, config.environ) for path in find_suites(project)]
    check_variants(loaded, config.variants)
    files = SourceFiles(project=project)
    everything = replace(config, variants=("*",), trials=1)
    chosen = [one for suite in loaded for one in plan_suite(suite, config, files=files)]
    known = [one for suite in loaded for one in plan_suite(suite, everything, files=files)]
    library = Library(root=project.root, folder=project.cassettes, mode="none")
    return Seen(config=config, inventory=take_inventory(library, chosen, known))
