"""Code of the user's own project, such as scorers and scrubbers."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def project_on_path(root: Path) -> Iterator[None]:
    """Let the project's own modules be imported: pytest itself does so only where it is told to."""
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))
