"""The pytest plugin: options, and the door to suites. A session without suites pays for nothing else."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # annotations only: an unrelated session must not pay for these imports
    from harness.pytest_plugin.session import HarnessSession

_SESSION = pytest.StashKey["HarnessSession | None"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options, all with a prefix: other recorders may be installed beside us."""
    group = parser.getgroup("harness", "assistant-harness: cases over documents")
    modes = ("none", "once", "new_episodes", "all")
    group.addoption("--harness-record", choices=modes, help="which cassettes are recorded; default once, in CI none")
    group.addoption("--harness-endpoint", metavar="URL", help="where runs go: a base URL, `openai`, or `embedded`")
    group.addoption(
        "--harness-variant", action="append", default=[], metavar="PATTERN", help="variants to run; default `default`"
    )
    group.addoption("--harness-model", metavar="NAME", help="model of every assistant, whatever the suites say")
    group.addoption("--harness-concurrency", type=int, metavar="N", help="runs at once; default 8")
    group.addoption("--harness-keep", action="store_true", default=None, help="leave remote objects in place")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect suites: YAML files below the cases folder of a project. Other YAML is left alone."""
    if file_path.suffix != ".yaml":
        return None
    session = _session(parent.config, file_path.parent)
    if session is None or not session.is_suite(file_path):
        return None
    from harness.pytest_plugin.collect import SuiteFile

    return SuiteFile.from_parent(parent, path=file_path, harness=session)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where results go and which embedded server to use."""
    session = _session(node.config, Path(node.config.invocation_params.dir))
    if session is not None:
        session.tell_worker(node.workerinput, node.config.args)


def _session(config: pytest.Config, folder: Path) -> "HarnessSession | None":
    """Return the session of the project that a folder belongs to, starting it; None outside any project."""
    if _SESSION not in config.stash:
        from harness.pytest_plugin.hooks import SessionHooks
        from harness.pytest_plugin.session import start_session

        session = config.stash[_SESSION] = start_session(config, folder)
        if session is not None:
            config.pluginmanager.register(SessionHooks(session), "harness-session")
    return config.stash[_SESSION]
