"""What a run may search: its vector stores, as a model sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.documents import Document
from harness.server.filters import is_matching
from harness.server.models.interface import Chunk
from harness.server.rendering import DEFAULT_RANKING
from harness.server.state import State
from harness.server.wire import Json

_DEFAULT_RESULTS = 20
"""How many results a file search returns where the tool does not say: as the real API."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VectorStoreSources:
    """The files of some vector stores; the `Sources` that a model is given."""

    state: State
    """The server that holds them."""
    vector_store_ids: tuple[str, ...]
    """Which ones; empty where the run may not search."""
    max_results: int = _DEFAULT_RESULTS
    """How many results a search returns at most."""
    score_threshold: float = 0.0
    """Results that score lower are left out."""
    filters: Json | None = None
    """What the attributes of a file must meet, as `check_filter` has held to be right; None for any."""

    def search(self, query: str, limit: int) -> Sequence[Chunk]:
        """Return at most `limit` passages for a query, best first."""
        places = {identifier: self._file_ids(identifier) for identifier in self.vector_store_ids}
        found = self.state.index.search(places, query, min(limit, self.max_results))
        return [chunk for chunk in found if chunk.score >= self.score_threshold]

    def _file_ids(self, vector_store_id: str) -> list[str] | None:
        """Return the files that the filters leave; None where there are none."""
        if self.filters is None:
            return None
        return [entry["id"] for entry in self._entries(vector_store_id)]

    def _entries(self, vector_store_id: str) -> list[Json]:
        entries = self.state.store.find("vector_store.file", where={"status": "completed"}, parent=vector_store_id)
        if self.filters is None:
            return entries
        return [entry for entry in entries if is_matching(entry.get("attributes") or {}, self.filters)]

    def files(self) -> Sequence[tuple[str, Document]]:
        """Return every searchable file whole, each once, by name."""
        names: dict[str, str] = {}
        for vector_store_id in self.vector_store_ids:
            for entry in self._entries(vector_store_id):
                file = self.state.store.get("file", entry["id"])
                if file is not None:
                    names[entry["id"]] = file["filename"]
        by_name = sorted(names.items(), key=lambda item: item[1])
        return [(file_id, self.state.library.document(file_id, name)) for file_id, name in by_name]


def file_search_tool(run: Json) -> Json | None:
    """Return the run's file_search tool, or None where it has none or may not use it."""
    if run["tool_choice"] == "none":
        return None
    return next((tool for tool in run["tools"] if tool["type"] == "file_search"), None)


def ranking_of(tool: Json | None) -> Json:
    """Return the ranking options in force for a file_search tool."""
    options = ((tool or {}).get("file_search") or {}).get("ranking_options") or {}
    return {**DEFAULT_RANKING, **options}


def sources_of(state: State, run: Json) -> VectorStoreSources:
    """Return what a run may search: the assistant's stores and the thread's."""
    tool = file_search_tool(run)
    if tool is None:
        return VectorStoreSources(state=state, vector_store_ids=())
    owners = (state.store.get("assistant", run["assistant_id"]), state.store.get("thread", run["thread_id"]))
    named = [identifier for owner in owners if owner is not None for identifier in vector_store_ids(owner)]
    present = [identifier for identifier in dict.fromkeys(named) if state.store.get("vector_store", identifier)]
    return VectorStoreSources(
        state=state,
        vector_store_ids=tuple(present),
        max_results=(tool.get("file_search") or {}).get("max_num_results", _DEFAULT_RESULTS),
        score_threshold=ranking_of(tool)["score_threshold"],
    )


def vector_store_ids(owner: Json) -> list[str]:
    """Return the vector stores attached to an assistant or a thread."""
    resources = owner.get("tool_resources") or {}
    return (resources.get("file_search") or {}).get("vector_store_ids") or []
