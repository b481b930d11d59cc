"""openai-node against a server: scripts in `node/`, run where node is."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

SCRIPTS = Path(__file__).parent / "node"
OPENAI_NODE = "openai@7.57.0"


def told_by_node(config: pytest.Config, script: str, base_url: str) -> Any:
    """Run a script with openai-node and return the JSON that it prints.

    The package is fetched once, into pytest's cache. Without node or without the package, the test is skipped loudly.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("OPENAI-NODE IS NOT CHECKED: node or npm is missing here")
    folder = config.cache.mkdir("openai-node")
    with FileLock(folder / "fetching.lock"):  # several workers share the cache
        _fetch(npm, folder)
    # A script finds the packages beside itself.
    copy = shutil.copy(SCRIPTS / script, folder)
    done = subprocess.run([node, copy, base_url], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def _fetch(npm: str, folder: Path) -> None:
    if _is_installed(folder):
        return
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", str(folder), OPENAI_NODE]
    installed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if installed.returncode:
        pytest.skip(f"OPENAI-NODE IS NOT CHECKED: {OPENAI_NODE} cannot be fetched here: {installed.stderr[-200:]}")


def _is_installed(folder: Path) -> bool:
    described = folder / "node_modules" / "openai" / "package.json"
    return described.is_file() and json.loads(described.read_text())["version"] == OPENAI_NODE.rpartition("@")[2]
