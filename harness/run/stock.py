"""What a session needs and the server has already: made by the session that this one goes on with, or kept."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import EndpointError
from harness.run.shared import Wanted
from harness.run.uploads import KINDS, Upload, Uploads
from harness.targets.calls import get, status_of
from harness.targets.maker import UNKNOWN, Remember
from harness.targets.setup import FOLDERS, delete_remote

if TYPE_CHECKING:  # annotations only: replay does not pay for the import
    from openai import AsyncOpenAI

MOST_LISTED = 100
"""Files on one page of a list; of larger stores that much is looked at."""


class Stock:
    """Looks for a shared object before it is made.

    Args:
        endpoint: Name of the endpoint in force.
        earlier: Folder with the notes of a session that was broken off.
        uploads: What is kept from run to run; None: nothing is.
    """

    def __init__(self, endpoint: str, earlier: Path, uploads: Uploads | None) -> None:
        self._endpoint = endpoint
        self._earlier = earlier
        self._uploads = uploads

    def locks(self, wanted: Wanted) -> Path | None:
        """Return where runs tell each other that something is being made which they all may use; None: they do not."""
        return self._uploads.locks if self._uploads is not None and wanted.kind in KINDS else None

    async def find(self, wanted: Wanted, client: "AsyncOpenAI") -> str | None:
        """Return the id of what is there and of use; None where it is to be made.

        Raises:
            EndpointError: The endpoint could not be asked.
        """
        for live, upload in self._known(wanted):
            state = await _state(client, wanted, live)
            if state == "ready":
                return live
            if upload is not None and self._uploads is not None:
                if state == "spoilt":
                    await delete_remote(client, upload.kind, upload.id)
                self._uploads.dropped(upload)
        return None

    def keeping(self, wanted: Wanted, remember: Remember) -> Remember:
        """Return what notes an object that is being made: for this run alone, or as one that is kept."""
        uploads = self._uploads
        if uploads is None or wanted.kind not in KINDS:
            return remember

        def keep(kind: str, remote_id: str) -> None:
            if remote_id == UNKNOWN:
                remember(kind, remote_id)
                return
            upload = Upload(endpoint=self._endpoint, target=wanted.target, kind=kind, name=wanted.id, id=remote_id)
            uploads.made(upload)

        return keep

    def _known(self, wanted: Wanted) -> Iterator[tuple[str, Upload | None]]:
        if self._uploads is not None and wanted.kind in KINDS:
            for upload in self._uploads.of(self._endpoint, wanted.kind, wanted.id):
                yield upload.id, upload
        note = self._earlier / f"{wanted.id}.json"
        if note.exists():
            yield str(json.loads(note.read_text(encoding="utf-8"))["id"]), None


async def _state(client: "AsyncOpenAI", wanted: Wanted, live: str) -> str:
    """Return whether an object is `ready`, `gone`, or there and `spoilt`.

    Raises:
        EndpointError: The endpoint could not be asked.
    """
    try:
        found = (await get(client, f"/{FOLDERS[wanted.kind]}/{live}")).data
    except EndpointError as error:
        if status_of(error) == 404:
            return "gone"
        raise
    if wanted.kind == "file":
        return "spoilt" if found.get("status") == "error" else "ready"
    return "ready" if wanted.kind != "vector_store" or await _is_whole(client, wanted, found) else "spoilt"


async def _is_whole(client: "AsyncOpenAI", wanted: Wanted, store: dict[str, Any]) -> bool:
    """Tell whether a store is searchable and holds the files that are in use now, and no other."""
    if store.get("status") != "completed":
        return False
    counts = store.get("file_counts") or {}
    if any(counts.get(name) for name in ("failed", "cancelled", "in_progress")):
        return False
    listed = await get(client, f"/vector_stores/{store['id']}/files", {"limit": MOST_LISTED})
    held = {item.get("id") for item in listed.data.get("data") or []}
    return held <= wanted.files and len(held) == min(len(wanted.files), MOST_LISTED)
