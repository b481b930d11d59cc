"""Which cassette belongs to a planned run, and whether it is replayed or recorded."""

import hashlib
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.cassettes.file import (
    DRAFT,
    Cassette,
    dump,
    read_cassette,
    read_fingerprint,
    same_content,
    write_atomically,
)
from harness.cassettes.fingerprint import fingerprint, require_fresh
from harness.cassettes.identity import store_id
from harness.cassettes.secrets import refuse_secrets, strings
from harness.cassettes.texts import Texts
from harness.config import RecordMode
from harness.errors import CassetteBroken, CassetteError, CassetteMissing, CassetteStale
from harness.model.plan import Planned

SETUP = "_setup"
"""Folder of the recordings that cases share: uploads, vector stores, assistants. No suite may have this name."""

TESTS = "_tests"
"""Folder of the recordings that tests written in Python make, with a set-up of its own. No suite may have this name."""

JUDGE = ".judge.yaml"
"""How the names of recordings end in which a model judges; each lies beside that of its case."""

DRAFT_AGE_S = 600
"""A younger draft may be one that is just being written."""


class Library:
    """The cassettes folder of a project.

    Args:
        root: The project, for messages.
        folder: Where cassettes are kept.
        mode: Whether they are replayed or recorded.
        options: What a command that records one of them must say besides, such as ` --harness-model=x`.
    """

    def __init__(self, root: Path, folder: Path, mode: RecordMode, options: str = "") -> None:
        self._root = root
        self._options = options
        self._folder = folder
        self.mode = mode
        self._texts = Texts(folder / SETUP)

    def path(self, planned: Planned) -> Path:
        """Return where a planned run's cassette is or would be."""
        suite = Path(planned.suite).with_suffix("")
        name = f"{planned.variant}.{planned.target}.{file_name(planned.model_name)}"
        return self._folder / Path(*suite.parts[1:]) / file_name(planned.case.id) / f"{name}.{planned.trial}.yaml"

    def where(self, planned: Planned) -> str:
        """Return the cassette's path as messages show it."""
        return self.shown(self.path(planned))

    def shown(self, path: Path) -> str:
        """Return a path relative to the project, where it lies in it."""
        return path.relative_to(self._root).as_posix() if path.is_relative_to(self._root) else path.as_posix()

    def case_files(self) -> list[Path]:
        """Return all recordings of cases, sorted."""
        return [path for path in self._of_suites() if not path.name.endswith(JUDGE)]

    def judge_files(self) -> dict[Path, Path]:
        """Return all recordings in which a model judges, sorted, each with the place of its case's."""
        found = (path for path in self._of_suites() if path.name.endswith(JUDGE))
        return {path: path.with_name(path.name.removesuffix(JUDGE) + ".yaml") for path in found}

    def _of_suites(self) -> list[Path]:
        apart = {self._folder / SETUP, self._folder / TESTS}
        return sorted(path for path in self._folder.rglob("*.yaml") if apart.isdisjoint(path.parents))

    def drafts(self) -> list[Path]:
        """Return what a killed process has left half written, sorted."""
        drafts = self._folder.rglob(f".*{DRAFT}")
        return sorted(path for path in drafts if time.time() - path.stat().st_mtime > DRAFT_AGE_S)

    def setup_files(self) -> list[Path]:
        """Return all recordings that cases share, and their texts, sorted."""
        return sorted((self._folder / SETUP).glob("*.yaml"))

    def has_setup(self, name: str) -> bool:
        """Tell whether there is a recording of how a shared object was made."""
        return (self._folder / SETUP / f"{name}.yaml").exists()

    def is_settled(self, planned: Planned) -> bool:
        """Tell, without reading it, whether there is a recording that this mode never makes again."""
        return self.mode in {"none", "once"} and self.path(planned).exists()

    def replay(self, planned: Planned) -> Cassette | None:
        """Return the cassette to replay, or None where the run is to be made.

        Raises:
            CassetteMissing: There is none, and mode `none` makes none.
            CassetteStale: It answers another question, and the mode keeps it.
            CassetteBroken: It cannot be read, and the mode keeps it.
        """
        if self.mode == "all":
            return None
        path = self.path(planned)
        where = self.shown(path)
        if not path.exists():
            if self.mode == "none":
                raise CassetteMissing(
                    "no recording, and mode `none` makes none", where=where, hint=self._command(planned, "once")
                )
            return None
        try:
            cassette = self.read_fresh(planned)
        except (CassetteStale, CassetteBroken):
            if self.mode == "new_episodes":
                return None
            raise
        return cassette

    def read_fresh(self, planned: Planned) -> Cassette:
        """Return a planned run's cassette, if it answers what is asked now.

        Raises:
            CassetteStale: It answers something else.
            CassetteBroken: It cannot be read.
        """
        path = self.path(planned)
        command = self._command(planned, "new_episodes")
        try:
            cassette = read_cassette(path, self._texts.of(texts_key(planned)), self.shown(path))
        except CassetteBroken as error:
            # The texts it shares lie with its set-up's: where that has changed, they are missing, and not the cause.
            recorded = read_fingerprint(path)
            if recorded is not None:
                require_fresh(recorded, fingerprint(planned), self.shown(path), command)
            if self._is_of_tests:  # `harness cassettes record` does not run them
                hint = f"restore it from version control, or {command}"
                raise CassetteBroken(error.what, where=error.where, hint=hint) from error
            raise
        require_fresh(cassette.fingerprint, fingerprint(planned), self.shown(path), command)
        return cassette

    def read_any(self, planned: Planned) -> Cassette | None:
        """Return a recording of a run's case, whatever it answers; None where none can be read.

        It may be that of another variant, model or trial, where the run has none of its own.
        """
        own = self.path(planned)
        others = (path for path in sorted(own.parent.glob("*.yaml")) if path != own and not path.name.endswith(JUDGE))
        for path in (own, *others):
            try:
                return read_cassette(path, self._texts.of(texts_key(planned)), self.shown(path))
            except CassetteBroken:  # or there is none of this name
                continue
        return None

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
        # YAML may fold or quote what stands in its metadata: that is looked at as it is, too.
        told = [*strings(cassette.fingerprint), *strings(cassette.recorded)]
        refuse_secrets([text, *texts.values(), *told], hidden, self.where(planned))
        # The texts first: a crash between the two leaves a text too many, not one too few.
        with _writing(self.where(planned)):
            self._texts.add(texts_key(planned), texts, is_replacing=self._is_replacing)
            write_atomically(self.path(planned), text)

    def record_setup(self, name: str, cassette: Cassette, hidden: Iterable[str]) -> None:
        """Write the recording of a shared object, unless the one that is there says the same.

        Raises:
            CassetteError: It would hold one of the hidden values, or cannot be written.
        """
        path = self._folder / SETUP / f"{name}.yaml"
        where = self.shown(path)
        if path.is_file() and self._says_the_same(path, where, cassette):
            return
        text = dump(cassette)
        refuse_secrets([text], hidden, where)
        with _writing(where):
            write_atomically(path, text)

    def judge_path(self, planned: Planned) -> Path:
        """Return where the recording lies in which a model judges a run: beside the run's own."""
        path = self.path(planned)
        return path.with_name(path.name.removesuffix(".yaml") + JUDGE)

    def replay_judge(self, planned: Planned, asked: Mapping[str, Any]) -> Cassette | None:
        """Return the recording of what a model said of a run, or None where it is to be asked.

        Raises:
            CassetteError: As `replay` does.
        """
        path = self.judge_path(planned)
        where = self.shown(path)
        if self.mode == "all" or (not path.exists() and self.mode != "none"):
            return None
        if not path.exists():
            hint = f"{self._command(planned, 'once')} --harness-judge"
            raise CassetteMissing("no recording of the judge, and mode `none` makes none", where=where, hint=hint)
        try:
            cassette = read_cassette(path, {}, where)
            hint = f"{self._command(planned, 'new_episodes')} --harness-judge"
            require_fresh(cassette.fingerprint, asked, where, hint)
        except (CassetteStale, CassetteBroken):
            if self.mode == "new_episodes":
                return None
            raise
        return cassette

    def record_judge(self, planned: Planned, cassette: Cassette, hidden: Iterable[str]) -> None:
        """Write the recording of what a model said of a run.

        Raises:
            CassetteError: It would hold a hidden value, or cannot be written.
        """
        path = self.judge_path(planned)
        where = self.shown(path)
        text = dump(cassette)
        refuse_secrets([text, *strings(cassette.fingerprint)], hidden, where)
        with _writing(where):
            write_atomically(path, text)

    @property
    def _is_of_tests(self) -> bool:
        """Whether tests written in Python record here."""
        return self._folder.name == TESTS

    @property
    def _is_replacing(self) -> bool:
        """Whether what cannot be read gives way to what is recorded."""
        return self.mode in {"new_episodes", "all"}

    def _says_the_same(self, path: Path, where: str, cassette: Cassette) -> bool:
        try:
            return same_content(read_cassette(path, {}, where).interactions, cassette.interactions)
        except CassetteBroken:
            return False  # nothing is ever replayed from it: it must not stand in the way

    def _command(self, planned: Planned, mode: RecordMode) -> str:
        variant = "" if planned.variant == "default" else f" --harness-variant={planned.variant}"
        variant += f" --harness-trials={planned.trial}" if planned.trial > 1 else ""
        node = planned.suite if self._is_of_tests else planned.node  # a test may ask twice, under names of its own
        return f"record it: pytest '{node}'{variant}{self._options} --harness-record={mode}"


@contextmanager
def _writing(where: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "check the permissions and the room on the disk, or set `cassettes` in [tool.harness]"
        raise CassetteError(f"the recording cannot be written: {reason}", where=where, hint=hint) from error


def texts_key(planned: Planned) -> str:
    """Return the name under which a run's cassette shares texts with others of the same set-up."""
    return file_name(planned.vector_store or store_id(planned.sources))


def file_name(name: str) -> str:
    """Return a name that every file system takes; what had to be changed is told apart by a hash."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "-", name).strip(".") or "none"
    return safe if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
