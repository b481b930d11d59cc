"""Texts that the cassettes of one set-up share: retrieved passages, instructions. Each stands once, by its hash."""

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

import yaml

from harness.cassettes.file import broken, dump_yaml, load_yaml, write_atomically


class Texts:
    """The texts files of a cassettes folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, dict[str, str]] = {}

    def path(self, key: str) -> Path:
        """Return the file of a set-up."""
        return self._folder / f"{key}.texts.yaml"

    def of(self, key: str) -> Mapping[str, str]:
        """Return a set-up's texts by their names; empty where there are none.

        Raises:
            CassetteBroken: The file cannot be read.
        """
        if key not in self._read:
            self._read[key] = self._load(self.path(key))
        return self._read[key]

    def add(self, key: str, texts: Mapping[str, str]) -> None:
        """Add texts to a set-up's file, unless they are there. Several processes may do so at once.

        Raises:
            CassetteBroken: The file that is there cannot be read.
        """
        from filelock import FileLock

        if texts.items() <= self.of(key).items():
            return
        path = self.path(key)
        name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
        with FileLock(Path(tempfile.gettempdir()) / f"harness-{name}.lock"):
            merged = self._load(path) | dict(texts)
            write_atomically(path, dump_yaml(dict(sorted(merged.items()))))
            self._read[key] = merged

    @staticmethod
    def _load(path: Path) -> dict[str, str]:
        if not path.exists():
            return {}
        try:
            data = load_yaml(path.read_bytes().decode())
            return {str(name): str(text) for name, text in data.items()}
        except (OSError, ValueError, AttributeError, yaml.YAMLError) as error:
            raise broken(error, path.name) from error
