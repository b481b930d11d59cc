"""What decides what a run sends: if any of it changes, an answer is an answer to another question."""

import hashlib
import json

from harness.cassettes.fingerprint import fingerprint
from harness.model.plan import Planned


def sent_digest(planned: Planned) -> str:
    """Return what stands for all that a run sends."""
    sent = json.dumps([planned.target, fingerprint(planned)], sort_keys=True)
    return hashlib.sha256(sent.encode("utf-8", "surrogatepass")).hexdigest()[:16]
