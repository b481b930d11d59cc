"""What a server can be told when it starts."""

from dataclasses import dataclass
from pathlib import Path

from harness.server.bridge.upstream import Upstream
from harness.server.faults.rules import FaultPlan


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How one server behaves."""

    data: Path | None = None
    """Folder that keeps the state; None for state that ends with the process."""
    api_key: str | None = None
    """The key that every request must bear; None where anyone on this machine may ask."""
    upstream: Upstream | None = None
    """The chat endpoint that is asked for every model which is not built in; None for no others."""
    faults: FaultPlan | None = None
    """What goes wrong on purpose; None for nothing."""
    poll_after_ms: int = 20
    """What `openai-poll-after-ms` advises to clients that wait for a run or a file."""
    run_lifetime_s: float = 600
    """How long a run may take before it ends as `expired`."""
    max_body_bytes: int = 8 * 1024 * 1024
    """Largest JSON body."""
    max_upload_bytes: int = 512 * 1024 * 1024
    """Largest uploaded file: the limit of the real API."""
    max_reading_s: float = 120
    """How long a file may take to be read as a document, in seconds; one that takes longer fails."""
    max_passages: int = 200_000
    """Passages of one file in a vector store; one with more fails: nobody else is served while they are written."""
    max_document_bytes: int = 64 * 1024 * 1024
    """Largest file that is read as a document; a larger one is kept, and fails in a vector store."""
