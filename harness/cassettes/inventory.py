"""What lies in the cassettes folder, beside what the suites plan."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias, cast, get_args

from harness.cassettes.file import dump_yaml, read_cassette, read_fingerprint, write_atomically
from harness.cassettes.fingerprint import STALE
from harness.cassettes.identity import assistant_id, file_id, set_up_by, store_id
from harness.cassettes.library import Library, file_name, texts_key
from harness.cassettes.texts import ENDING
from harness.errors import CassetteBroken, CassetteError, CassetteStale
from harness.model.plan import Planned
from harness.model.suite import TargetName

State: TypeAlias = Literal["fresh", "stale", "missing", "unreadable"]
"""How a recording stands to what is planned now."""

_TEXT = re.compile(r'"\$(?:text|base)": ?"([0-9a-f]+)"')


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A planned run and its recording."""

    planned: Planned
    cassette: str
    """The recording's path, as messages show it."""
    state: State
    cause: str = ""
    """Why it is stale or unreadable, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inventory:
    """All recordings of a project."""

    entries: tuple[Entry, ...]
    """In the order of the plan."""
    orphans: tuple[Path, ...]
    """Files that nothing refers to: of cases, variants or trials that are planned no more, and their set-up."""
    unused_texts: Mapping[Path, frozenset[str]]
    """Names of shared texts that no recording holds, by the file that keeps them."""
    broken_setups: Mapping[str, str] = field(default_factory=dict)
    """Why set-up recordings cannot be read, by their path."""

    @property
    def is_fresh(self) -> bool:
        """Whether everything planned can be replayed, and no file lies around; every re-recording may leave a text."""
        are_entries = all(entry.state == "fresh" for entry in self.entries)
        return are_entries and not (self.orphans or self.broken_setups)

    def in_state(self, *states: State) -> tuple[Entry, ...]:
        """Return the entries in these states."""
        return tuple(entry for entry in self.entries if entry.state in states)


def take_inventory(library: Library, chosen: Sequence[Planned], known: Sequence[Planned]) -> Inventory:
    """Compare the cassettes folder with the plan.

    Args:
        library: The folder.
        chosen: Runs that should have a recording.
        known: A run for each case and variant there is, in any model and trial: others of them that have a recording
            are looked at too.
    """
    planned = {library.path(one): one for one in chosen}
    for one in _recorded(library, known):
        planned.setdefault(library.path(one), one)
    entries = tuple(_entry(library, one) for one in planned.values() if not _is_left_out(library, one))
    used = _Used()
    for entry in entries:
        used.add(entry, library)
    cases = [path for path in library.case_files() if path not in planned]
    judges = [path for path, case in library.judge_files().items() if case not in planned or not case.exists()]
    setups = [path for path in library.setup_files() if not used.holds(path)]
    unused = {path: names for path in library.setup_files() if path not in setups and (names := used.left(path))}
    return Inventory(
        entries=entries,
        orphans=(*cases, *judges, *setups, *library.drafts()),
        unused_texts=unused,
        broken_setups=dict(_broken_setups(library, setups)),
    )


def _is_left_out(library: Library, planned: Planned) -> bool:
    """Tell whether a run needs no recording: its case is skipped."""
    return planned.case.skip is not None and not library.path(planned).exists()


def _recorded(library: Library, known: Iterable[Planned]) -> Iterator[Planned]:
    """Return the runs of these cases and variants whose recordings lie in the folder, whatever model and trial."""
    for one in known:
        for target in get_args(TargetName):
            start = f"{one.variant}.{target}."
            for path in sorted(library.path(one).parent.glob(f"{start}*.yaml")):
                model, _, trial = path.name.removeprefix(start).removesuffix(".yaml").rpartition(".")
                if trial.isdigit() and (found := _with_model(one, path, model)) is not None:
                    yield replace(found, target=cast("TargetName", target), trial=int(trial))


def _with_model(planned: Planned, path: Path, name: str) -> Planned | None:
    """Return a run with the model whose name a file has; None where no model has such a name."""
    names = [planned.model_name, *_recorded_models(path), name]
    for model in names:
        if file_name(model) == name:
            is_own = model in {planned.model_name, planned.assistant.id}
            return planned if is_own else replace(planned, assistant=replace(planned.assistant, model=model))
    return None


def _recorded_models(path: Path) -> Iterator[str]:
    try:
        model = (read_fingerprint(path) or {})["assistant"]["model"]
    except (LookupError, TypeError):
        return
    if isinstance(model, str):
        yield model


def _entry(library: Library, planned: Planned) -> Entry:
    where = library.where(planned)
    if not library.path(planned).exists():
        return Entry(planned=planned, cassette=where, state="missing")
    try:
        library.read_fresh(planned)
    except CassetteStale as error:
        cause = error.what.removeprefix(f"{STALE}:").strip()
        return Entry(planned=planned, cassette=where, state="stale", cause=cause)
    except CassetteBroken as error:
        return Entry(planned=planned, cassette=where, state="unreadable", cause=error.what)
    return Entry(planned=planned, cassette=where, state="fresh")


@dataclass(slots=True)
class _Used:
    """What of the set-up folder recordings refer to."""

    names: set[str] = field(default_factory=set)
    """Files, without their endings."""
    texts: set[str] = field(default_factory=set)
    """Shared texts."""
    is_all_known: bool = True
    """Whether every recording could be asked; if not, nothing of the set-up can be called unused."""

    def add(self, entry: Entry, library: Library) -> None:
        """Note what a run refers to, as planned and as recorded."""
        planned = entry.planned
        self.names |= {store_id(planned.sources), texts_key(planned), *map(file_id, planned.sources)}
        if planned.target == "assistants":
            self.names.add(assistant_id(planned))
        if entry.state == "missing":
            return
        try:
            # Not all of it must be readable: its texts may lie in a file that is broken.
            store, made = set_up_by(read_fingerprint(library.path(planned)) or {})
            self.texts |= set(_TEXT.findall(library.path(planned).read_text(encoding="utf-8")))
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            self.is_all_known = False
        else:
            self.names |= {file_name(store), *made}

    def holds(self, path: Path) -> bool:
        """Tell whether something refers to a file of the set-up folder."""
        return not self.is_all_known or path.name.removesuffix(ENDING).removesuffix(".yaml") in self.names

    def left(self, path: Path) -> frozenset[str]:
        """Return the texts of a texts file that nothing refers to."""
        if not path.name.endswith(ENDING) or not self.is_all_known:
            return frozenset()
        try:
            return frozenset(_texts_in(path)) - self.texts
        except CassetteBroken:
            return frozenset()  # recordings that need it are unreadable, and say so


def _texts_in(path: Path) -> Mapping[str, str]:
    from harness.cassettes.texts import Texts

    return Texts(path.parent).of(path.name.removesuffix(ENDING))


def _broken_setups(library: Library, orphans: Sequence[Path]) -> Iterator[tuple[str, str]]:
    for path in library.setup_files():
        if path in orphans or path.name.endswith(ENDING):
            continue
        try:
            read_cassette(path, {}, library.shown(path))
        except CassetteBroken as error:
            yield library.shown(path), error.what


def remove(path: Path, where: str) -> None:
    """Delete a file, if it is still there.

    Raises:
        CassetteError: It cannot be deleted, or is a folder.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        hint = "move it away, or check the permissions of its folder"
        raise CassetteError(f"cannot be deleted: {error.strerror}", where=where, hint=hint) from error


def prune(inventory: Inventory, folder: Path) -> None:
    """Delete orphans, folders that they leave empty, and texts that nothing refers to.

    Raises:
        CassetteError: Something cannot be deleted.
    """
    for path in inventory.orphans:
        remove(path, path.relative_to(folder.parent).as_posix())
        for parent in path.parents:
            if parent == folder or not parent.is_relative_to(folder) or any(parent.iterdir()):
                break
            parent.rmdir()
    for path, names in inventory.unused_texts.items():
        kept = {name: text for name, text in sorted(_texts_in(path).items()) if name not in names}
        write_atomically(path, dump_yaml(kept))
