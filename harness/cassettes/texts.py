"""Texts that the cassettes of one set-up share: retrieved passages, instructions. Each stands once, by its hash."""

from collections.abc import Mapping
from pathlib import Path

from harness.cassettes.bases import name_of
from harness.cassettes.file import UNREADABLE, broken, dump_yaml, load_yaml, write_atomically
from harness.errors import CassetteBroken

LOCK = ".lock"
"""A file that those who write shared texts lock. It stays, empty."""
ENDING = ".texts.yaml"
"""How the names of texts files end."""


class Texts:
    """The texts files of a cassettes folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, dict[str, str]] = {}

    def path(self, key: str) -> Path:
        """Return the file of a set-up."""
        return self._folder / f"{key}{ENDING}"

    def of(self, key: str) -> Mapping[str, str]:
        """Return a set-up's texts by their names; empty where there are none.

        Raises:
            CassetteBroken: The file cannot be read.
        """
        if key not in self._read:
            self._read[key] = self._load(self.path(key))
        return self._read[key]

    def all(self) -> Mapping[str, str]:
        """Return the texts of all set-ups: a name stands for the same text everywhere.

        Raises:
            CassetteBroken: One of the files cannot be read.
        """
        keys = [path.name.removesuffix(ENDING) for path in sorted(self._folder.glob(f"*{ENDING}"))]
        return {name: text for key in keys for name, text in self.of(key).items()}

    def add(self, key: str, texts: Mapping[str, str], *, is_replacing: bool = False) -> None:
        """Add texts to a set-up's file, unless they are there. Several processes may do so at once.

        Args:
            key: The set-up.
            texts: By their names.
            is_replacing: Whether a file that cannot be read gives way to a new one.

        Raises:
            CassetteBroken: The file that is there cannot be read, and is to stay.
        """
        from filelock import FileLock

        if texts.items() <= self._readable(key, is_replacing=is_replacing).items():
            return
        path = self.path(key)
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / LOCK):
            self._read.pop(key, None)
            merged = {**self._readable(key, is_replacing=is_replacing), **texts}
            write_atomically(path, dump_yaml(dict(sorted(merged.items()))))
            self._read[key] = merged

    def _readable(self, key: str, *, is_replacing: bool) -> Mapping[str, str]:
        try:
            return self.of(key)
        except CassetteBroken:
            if is_replacing:
                return {}
            raise

    @staticmethod
    def _load(path: Path) -> dict[str, str]:
        if not path.exists():
            return {}
        content = ""
        try:
            content = path.read_bytes().decode()
            data: dict[str, str] = load_yaml(content)
            edited = next((name for name, text in data.items() if name_of(text) != name), None)
        except UNREADABLE as error:
            raise broken(error, path.name, content) from error
        if edited is not None:
            raise broken(ValueError(f"the text {edited} is cut, or was edited by hand"), path.name)
        return data
