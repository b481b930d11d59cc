"""What a server can be told when it starts."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How one server behaves."""

    data: Path | None = None
    """Folder that keeps the state; None for state that ends with the process."""
    api_key: str | None = None
    """The key that every request must bear; None where anyone on this machine may ask."""
    poll_after_ms: int = 20
    """What `openai-poll-after-ms` advises to clients that wait for a run or a file."""
    run_lifetime_s: float = 600
    """How long a run may take before it ends as `expired`."""
    max_body_bytes: int = 8 * 1024 * 1024
    """Largest JSON body."""
    max_upload_bytes: int = 512 * 1024 * 1024
    """Largest uploaded file: the limit of the real API."""
    max_document_bytes: int = 64 * 1024 * 1024
    """Largest file that is read as a document; a larger one is kept, and fails in a vector store."""
