"""What shared remote objects are called in cassettes: names that follow from their content alone.

So a case's recording and its set-up's fit each other, whichever of them is made again.
"""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from harness.cassettes.canonical import content_id
from harness.cassettes.fingerprint import assistant_fingerprint
from harness.model.plan import Planned, Source


def file_id(source: Source) -> str:
    """Return the id of an uploaded document: it follows from its bytes and its name."""
    return content_id("file-", source.sha256, PurePosixPath(source.path).name)


def store_id(sources: tuple[Source, ...]) -> str:
    """Return the id of a vector store: it follows from its files."""
    return content_id("vs_", *sorted(file_id(source) for source in sources))


def assistant_id(planned: Planned) -> str:
    """Return the id of the assistant under test: it follows from its configuration and its documents."""
    if planned.assistant.id is not None:
        return planned.assistant.id
    return _assistant_id(assistant_fingerprint(planned), planned.vector_store or store_id(planned.sources))


def _assistant_id(configuration: Mapping[str, Any], store: str) -> str:
    return content_id("asst_", json.dumps(configuration, sort_keys=True), store)


def file_names(planned: Planned) -> dict[str, str]:
    """Return the path of each document by the id and by the names that a tape may know it by."""
    by_name = {PurePosixPath(source.path).name: source.path for source in planned.sources}
    by_path = {source.path: source.path for source in planned.sources}
    return by_name | by_path | {file_id(source): source.path for source in planned.sources}


def set_up_by(fingerprint: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
    """Return what a recording was set up with, as its fingerprint tells.

    Returns:
        The name of its vector store, and the ids of all shared objects that were made for it.

    Raises:
        LookupError, TypeError, AttributeError: The fingerprint is of an older or another form.
    """
    sources = tuple(Source(path=path, sha256=sha256) for path, sha256 in fingerprint["documents"].items())
    own = store_id(sources)
    store = fingerprint["vector_store"] or own
    made = {own, *map(file_id, sources)} if fingerprint["vector_store"] is None else set()
    if "id" not in fingerprint["assistant"] and str(fingerprint["protocol"]).startswith("assistants "):
        made.add(_assistant_id(fingerprint["assistant"], store))
    return store, frozenset(made)
