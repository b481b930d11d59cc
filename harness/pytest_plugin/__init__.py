"""The pytest plugin: options, and the door to suites. A session without suites pays for nothing else."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.options import OPTIONS

if TYPE_CHECKING:  # annotations only: an unrelated session must not pay for these imports
    from harness.pytest_plugin.asking import Ask
    from harness.pytest_plugin.session import HarnessSession

_SESSIONS = pytest.StashKey[dict[Path, "HarnessSession | None"]]()
"""By root of the project; None for what turned out to be none."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options, all with a prefix: other recorders may be installed beside us."""
    group = parser.getgroup("harness", "assistant-harness: cases over documents")
    for option in OPTIONS:
        takes: dict[str, dict[str, Any]] = {
            "text": {"metavar": option.metavar},
            "whole": {"type": int, "metavar": option.metavar},
            "switch": {"action": "store_true", "default": None},
            "several": {"action": "append", "default": [], "metavar": option.metavar},
        }
        choices = {"choices": option.choices} if option.choices else {}
        group.addoption(option.name, help=option.help, **takes[option.kind], **choices)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Read the settings of the projects that the arguments lie in: a wrong one ends the session as a wrong call."""
    for root in _roots(session.config):
        _session(session.config, root)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect suites: YAML files below the cases folder of a project. Other YAML is left alone."""
    if file_path.suffix != ".yaml":
        return None
    session = _session(parent.config, file_path.parent)
    if session is None or not session.is_suite(file_path):
        return None
    from harness.pytest_plugin.collect import SuiteFile

    return SuiteFile.from_parent(parent, path=file_path, harness=session)


@pytest.fixture
def ask(request: pytest.FixtureRequest) -> "Ask":
    """Let a test ask an assistant.

    For example `assert ask("How long?", documents=["library.md"]).states(28)`. Runs are
    recorded below `cassettes/_tests/` under the test's name, and replayed like those of suites.
    """
    session = _session(request.config, request.path.parent)
    if session is None:
        pytest.fail("`ask` needs a project: a pyproject.toml with a [tool.harness] table (harness init)", pytrace=False)
    return session.ask(request.node)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where results go and which embedded server to use."""
    told = node.workerinput["harness"] = {}
    for root, session in node.config.stash.get(_SESSIONS, {}).items():
        if session is not None:
            told[str(root)] = session.for_worker(node.config.args)


def _roots(config: pytest.Config) -> list[Path]:
    """Return the roots of the projects that a session is about, without importing anything of ours."""
    folders = [Path(arg.partition("::")[0]).resolve() for arg in config.args] or [config.rootpath]
    found = (_root(folder) for folder in folders)
    return list(dict.fromkeys(root for root in found if root is not None))


def _root(folder: Path) -> Path | None:
    return next((place for place in (folder, *folder.parents) if _speaks_of_us(place / "pyproject.toml")), None)


def _speaks_of_us(path: Path) -> bool:
    try:
        return b"tool.harness" in path.read_bytes()
    except OSError:
        return False


def _session(config: pytest.Config, folder: Path) -> "HarnessSession | None":
    """Return the session of the project that a folder belongs to, starting it; None outside any project."""
    sessions = config.stash.setdefault(_SESSIONS, {})
    root = _root(folder.resolve())
    if root is None:
        return None
    if root not in sessions:
        from harness.session.garbage import garbage_kept

        with garbage_kept():
            from harness.pytest_plugin.hooks import SessionHooks
            from harness.pytest_plugin.session import start_session

        session = sessions[root] = start_session(config, root)
        if session is not None:
            config.pluginmanager.register(SessionHooks(session), f"harness-session {root}")
    return sessions[root]
