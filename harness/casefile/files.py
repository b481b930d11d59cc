"""Text files that a suite refers to."""

from pathlib import Path

from harness.config import Project

MAX_BYTES = 1_000_000
"""Of a suite, or of a file that it refers to."""


def read_beside(name: str, folder: Path, project: Project) -> str:
    """Read a UTF-8 file that a suite names relative to its own folder.

    Raises:
        ValueError: It is outside the project, hidden, missing, too large or not UTF-8.
    """
    path = (folder / name).resolve()  # follows links: what counts is where the bytes are
    root = project.root.resolve()
    if not path.is_relative_to(root):
        raise ValueError(f"the file {name!r} is outside the project")
    if any(part.startswith(".") for part in path.relative_to(root).parts):
        raise ValueError(
            f"the file {name!r} is hidden: what starts with a dot, such as `.env`, is not sent to a server"
        )
    if not path.is_file():
        raise ValueError(f"there is no file {path.relative_to(root).as_posix()}")
    return read_utf8(path)


def read_utf8(path: Path) -> str:
    """Read a text file of limited size; a byte order mark is dropped.

    Raises:
        ValueError: It cannot be read, is too large or not UTF-8.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"{path.name} is larger than {MAX_BYTES:,} bytes")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not UTF-8: {error.reason} at byte {error.start}") from None
    except OSError as error:
        raise ValueError(f"{path.name} can't be read: {error.strerror or error}") from None
