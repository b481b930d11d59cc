"""Uploaded files as documents, each read once."""

import hashlib
import threading
from collections import OrderedDict

from harness.documents import Document
from harness.server.isolation import read_safely
from harness.server.store import Store

_MAX_CHARACTERS = 100_000_000
"""Text of documents kept in memory; what was not used for longest is read again when it is needed."""


class Library:
    """The documents behind uploaded files.

    Args:
        store: Where the files' bytes are.
        max_reading_s: How long a file may take to be read, in seconds.
    """

    def __init__(self, store: Store, *, max_reading_s: float) -> None:
        self._store = store
        self._max_reading_s = max_reading_s
        self._lock = threading.Lock()
        self._keys: dict[str, tuple[str, str]] = {}
        self._documents: OrderedDict[tuple[str, str], Document] = OrderedDict()
        self._characters = 0

    def document(self, file_id: str, file_name: str) -> Document:
        """Return a file as a document; equal bytes under one name are read once.

        Raises:
            DocumentError: The file cannot be read as a document.
        """
        known = self._known(self._keys.get(file_id))
        if known is not None:
            return known
        data = self._content(file_id)
        key = (hashlib.sha256(data).hexdigest(), file_name)
        document = self._known(key) or read_safely(data, file_name, timeout_s=self._max_reading_s)
        with self._lock:
            self._keys[file_id] = key
            self._drop(key)  # another thread may have been quicker
            self._documents[key] = document
            self._characters += len(document.text)
            while len(self._documents) > 1 and self._characters > _MAX_CHARACTERS:
                self._drop(next(iter(self._documents)))
        return document

    def forget(self, file_id: str) -> None:
        """Drop what is remembered of a deleted file."""
        with self._lock:
            key = self._keys.pop(file_id, None)
            if key is not None and key not in self._keys.values():
                self._drop(key)

    def _drop(self, key: tuple[str, str]) -> None:
        dropped = self._documents.pop(key, None)
        self._characters -= len(dropped.text) if dropped is not None else 0

    def _known(self, key: tuple[str, str] | None) -> Document | None:
        with self._lock:
            if key is None or key not in self._documents:
                return None
            self._documents.move_to_end(key)
            return self._documents[key]

    def _content(self, file_id: str) -> bytes:
        parts: list[bytes] = []
        while (part := self._store.content_part(file_id, len(parts))) is not None:
            parts.append(part)
        return b"".join(parts)
