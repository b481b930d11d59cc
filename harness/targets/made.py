"""Files that the code interpreter made, as messages name them."""

from collections.abc import Sequence
from dataclasses import replace

from harness.model.transcript import CodeStep, Step


def with_files(steps: Sequence[Step], file_ids: Sequence[str]) -> tuple[Step, ...]:
    """Return steps, with the files that messages offer on the last that ran code: nothing says which of them it was."""
    ran = [at for at, step in enumerate(steps) if isinstance(step, CodeStep)]
    if not ran or not file_ids:
        return tuple(steps)
    known = {file_id for step in steps if isinstance(step, CodeStep) for file_id in step.file_ids}
    new = dict.fromkeys(file_id for file_id in file_ids if file_id not in known)
    last = steps[ran[-1]]
    assert isinstance(last, CodeStep)
    return (*steps[: ran[-1]], replace(last, file_ids=(*last.file_ids, *new)), *steps[ran[-1] + 1 :])
