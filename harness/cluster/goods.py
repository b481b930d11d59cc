"""What a worker needs of the project, sent along: documents by hash, code of the user's own."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.config import Project
from harness.errors import DocumentError
from harness.model.plan import Planned, Source

UNWANTED = frozenset({"__pycache__", "build", "node_modules", "site-packages"})
"""Folders whose Python files are nobody's own scorers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Goods:
    """Files by the path at which the worker needs them, each in the cluster's object store."""

    documents: Mapping[str, Any]
    """References to bytes, by path below the fixtures folder."""
    code: Any
    """Reference to texts by path below the project's root; None: no code is needed."""


class Depot:
    """Puts files into the object store, each once.

    Args:
        project: Where they are.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._documents: dict[str, Any] = {}
        self._code: Any = None

    def goods(self, planned: Sequence[Planned]) -> Goods:
        """Return what these runs need.

        Raises:
            DocumentError: A document has changed since they were planned.
        """
        sources = dict.fromkeys(source for one in planned for source in one.sources)
        return Goods(
            documents={source.path: self.document(source) for source in sources},
            code=self._own_code() if any(map(_has_own_code, planned)) else None,
        )

    def document(self, source: Source) -> Any:
        """Return a reference to a document's bytes.

        Raises:
            DocumentError: It has changed since it was planned.
        """
        import ray

        if source.sha256 not in self._documents:
            content = (self._project.fixtures / source.path).read_bytes()
            if hashlib.sha256(content).hexdigest() != source.sha256:
                raise DocumentError("the document changed while the session ran", where=source.path, hint="run again")
            self._documents[source.sha256] = ray.put(content)
        return self._documents[source.sha256]

    def _own_code(self) -> Any:
        import ray

        if self._code is None:
            self._code = ray.put(dict(_python_files(self._project.root)))
        return self._code


def _has_own_code(planned: Planned) -> bool:
    functions = [*(tool for tool in planned.assistant.functions), *planned.case.functions.values()]
    return any(":" in name for name in planned.scorers) or any(getattr(one, "call", None) for one in functions)


def _python_files(root: Path) -> Iterator[tuple[str, bytes]]:
    for folder, folders, names in os.walk(root):
        folders[:] = [
            name for name in folders if name not in UNWANTED and not name.startswith(".") and not _is_venv(folder, name)
        ]
        for name in names:
            if name.endswith(".py"):
                path = Path(folder, name)
                yield path.relative_to(root).as_posix(), path.read_bytes()


def _is_venv(folder: str, name: str) -> bool:
    return Path(folder, name, "pyvenv.cfg").exists()
