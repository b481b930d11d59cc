"""Which code scores: its version says what it means to judge, its digest whether it is the very same."""

import hashlib
from functools import cache
from pathlib import Path

import harness.documents
import harness.model.score

_PARTS = (Path(__file__).parent, Path(harness.documents.__file__).parent, Path(harness.model.score.__file__))


@cache
def code_digest() -> str:
    """Return 16 hexadecimal digits that stand for the source of the scorer and of what reads documents.

    A threshold that was changed without a new version changes it; so does a comment. Whether a change matters, only
    scoring the same answers again can tell.
    """
    digest = hashlib.sha256()
    for part in _PARTS:
        for path in sorted(part.rglob("*.py")) if part.is_dir() else (part,):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
