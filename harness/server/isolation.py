"""Documents that may be made to harm, read in a process that may be ended."""

import json
import subprocess
import sys
from pathlib import PurePosixPath
from typing import Any

from pydantic import TypeAdapter

from harness.documents import Document, read_document
from harness.errors import DocumentError

_HARMLESS_BYTES = 4 * 1024 * 1024
"""Text up to this size is read at once: it cannot unpack to anything larger."""
_MAX_MEMORY_BYTES = 2 * 1024**3
_MAX_OUTPUT_BYTES = 512 * 1024 * 1024


def read_safely(data: bytes, name: str, *, timeout_s: float) -> Document:
    """Turn a stranger's file into a document in bounded time and memory.

    Args:
        data: The file's bytes.
        name: Its name, whose ending tells the format.
        timeout_s: How long it may take.

    Raises:
        DocumentError: It cannot be read, or not within these bounds.
    """
    if len(data) <= _HARMLESS_BYTES and PurePosixPath(name).suffix.lower() != ".pdf":
        return read_document(data, name)
    order = json.dumps({"path": name, "max_memory_bytes": _MAX_MEMORY_BYTES}).encode()
    # -P: whatever lies in the current folder must not stand in for a module.
    command = [sys.executable, "-P", "-m", "harness.server.reading"]
    try:
        ended = subprocess.run(  # noqa: S603  # our own interpreter, our own module
            command, input=order + b"\n" + data, capture_output=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        what = f"this document takes longer to read than a document may take ({timeout_s:g} s)"
        raise DocumentError(what, where=name, hint="Split it.") from None
    if ended.returncode != 0 or len(ended.stdout) > _MAX_OUTPUT_BYTES:
        what = "this document needs more memory to be read than a document may take, or breaks its reader"
        raise DocumentError(what, where=name, hint="Split it, or export it again.")
    return _document(ended.stdout, name)


def _document(answer: bytes, name: str) -> Document:
    if answer.startswith(b'{"document":'):
        return TypeAdapter(Document).validate_json(answer[len(b'{"document":') : -1])
    refusal: dict[str, Any] = json.loads(answer)
    raise DocumentError(refusal["what"], where=name, hint=refusal["hint"])
