"""Which cassette belongs to a planned run, and whether it is replayed or recorded."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from harness.cassettes.file import Cassette, dump, read_cassette, same_content, write_atomically
from harness.cassettes.fingerprint import fingerprint, require_fresh
from harness.cassettes.identity import store_id
from harness.cassettes.secrets import refuse_secrets
from harness.cassettes.texts import Texts
from harness.config import RecordMode
from harness.errors import CassetteBroken, CassetteMissing, CassetteStale
from harness.model.plan import Planned

SETUP = "_setup"
"""Folder of the recordings that cases share: uploads, vector stores, assistants. No suite may have this name."""


class Library:
    """The cassettes folder of a project.

    Args:
        root: The project, for messages.
        folder: Where cassettes are kept.
        mode: Whether they are replayed or recorded.
    """

    def __init__(self, root: Path, folder: Path, mode: RecordMode) -> None:
        self._root = root
        self._folder = folder
        self.mode = mode
        self._texts = Texts(folder / SETUP)

    def path(self, planned: Planned) -> Path:
        """Return where a planned run's cassette is or would be."""
        suite = Path(planned.suite).with_suffix("")
        name = f"{planned.variant}.{planned.target}.{file_name(planned.model or planned.assistant.id or '')}"
        return self._folder / Path(*suite.parts[1:]) / file_name(planned.case.id) / f"{name}.{planned.trial}.yaml"

    def where(self, planned: Planned) -> str:
        """Return the cassette's path as messages show it."""
        return self.shown(self.path(planned))

    def shown(self, path: Path) -> str:
        """Return a path relative to the project, where it lies in it."""
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else path.as_posix()

    def replay(self, planned: Planned) -> Cassette | None:
        """Return the cassette to replay, or None where the run is to be made.

        Raises:
            CassetteMissing: There is none, and mode `none` makes none.
            CassetteStale: It answers another question, and the mode keeps it.
            CassetteBroken: It cannot be read, and the mode keeps it.
        """
        if self.mode == "all":
            return None
        path, where = self.path(planned), self.where(planned)
        if not path.exists():
            if self.mode == "none":
                raise CassetteMissing(
                    "no recording, and mode `none` makes none", where=where, hint=self._command(planned, "once")
                )
            return None
        try:
            cassette = read_cassette(path, self._texts.of(_texts_key(planned)), where)
            require_fresh(cassette.fingerprint, fingerprint(planned), where, self._command(planned, "new_episodes"))
        except (CassetteStale, CassetteBroken):
            if self.mode == "new_episodes":
                return None
            raise
        return cassette

    def record(self, planned: Planned, cassette: Cassette, hidden: Iterable[str]) -> None:
        """Write a planned run's cassette.

        Args:
            planned: The run.
            cassette: Its recording, in canonical form.
            hidden: Values that must not reach a file.

        Raises:
            CassetteError: It would hold one of them; nothing was written.
        """
        texts: dict[str, str] = {}
        text = dump(cassette, texts)
        refuse_secrets("\n".join([text, *texts.values()]), hidden, self.where(planned))
        # The texts first: a crash between the two leaves a text too many, not one too few.
        self._texts.add(_texts_key(planned), texts)
        write_atomically(self.path(planned), text)

    def record_setup(self, name: str, cassette: Cassette, hidden: Iterable[str]) -> None:
        """Write the recording of a shared object, unless the one that is there says the same.

        Raises:
            CassetteError: It would hold one of the hidden values, or the one that is there cannot be read.
        """
        path = self._folder / SETUP / f"{name}.yaml"
        where = self.shown(path)
        if path.is_file() and self.mode != "all":
            recorded = read_cassette(path, {}, where)
            if same_content(recorded.interactions, cassette.interactions):
                return
        text = dump(cassette)
        refuse_secrets(text, hidden, where)
        write_atomically(path, text)

    @staticmethod
    def _command(planned: Planned, mode: RecordMode) -> str:
        variant = "" if planned.variant == "default" else f" --harness-variant={planned.variant}"
        return f"record it: pytest '{planned.node}'{variant} --harness-record={mode}"


def _texts_key(planned: Planned) -> str:
    return file_name(planned.vector_store or store_id(planned.sources))


def file_name(name: str) -> str:
    """Return a name that every file system takes; what had to be changed is told apart by a hash."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "-", name).strip(".") or "none"
    return safe if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
