"""The garbage collector, kept from walking what stays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def garbage_kept() -> Iterator[None]:
    """Stop the collector for a moment.

    Modules and schemas that are made meanwhile stay, and would be walked over and over as they grow: in a short
    session that takes longer than the cases do.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
