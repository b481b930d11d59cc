"""Errors as data: what a transcript keeps of them."""

from harness.errors import HarnessError
from harness.model.plan import Planned
from harness.model.transcript import Failure, Transcript


def failure_of(error: HarnessError) -> Failure:
    """Return an error as the data that a transcript keeps."""
    message = f"{error.where}: {error.what}" if error.where else error.what
    return Failure(kind=error.kind, message=message, hint=error.hint)


def errored(planned: Planned, failure: Failure) -> Transcript:
    """Return the transcript of a run that could not be made."""
    return Transcript(
        target=planned.target, requested_model=planned.model, reported_model=None, turns=(), error=failure
    )
