"""Find a document below a folder and read it, with an error that says what is wrong and where."""

import codecs
import difflib
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath

from harness.documents.content import Content, Source
from harness.documents.delimited import read_csv, read_tsv
from harness.documents.html import read_html
from harness.documents.jsontext import read_json, read_json_lines
from harness.documents.markdown import read_markdown
from harness.documents.prose import read_text
from harness.documents.types import Document
from harness.errors import DocumentError

_TextReader = Callable[[str, Source], Content]
_TEXT_READERS: dict[str, tuple[str, _TextReader]] = {
    ".csv": ("text/csv", read_csv),
    ".htm": ("text/html", read_html),
    ".html": ("text/html", read_html),
    ".json": ("application/json", read_json),
    ".jsonl": ("application/jsonl", read_json_lines),
    ".markdown": ("text/markdown", read_markdown),
    ".md": ("text/markdown", read_markdown),
    ".tsv": ("text/tab-separated-values", read_tsv),
    ".txt": ("text/plain", read_text),
}
ENDINGS = frozenset({*_TEXT_READERS, ".pdf"})
"""The ends of names that tell a format, in lower case."""
_ENDINGS = ", ".join([*sorted(_TEXT_READERS), ".pdf"])
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)


def media_type(path: str) -> str:
    """Return the media type that a file's ending stands for; `text/plain` for an ending that is not known."""
    ending = PurePosixPath(path).suffix.lower()
    if ending == ".pdf":
        return "application/pdf"
    return _TEXT_READERS[ending][0] if ending in _TEXT_READERS else "text/plain"


def read_document(data: bytes, path: str, *, where: str | None = None) -> Document:
    """Turn a file's bytes into text, passages and tables, by the ending of its name.

    Args:
        data: The file's bytes.
        path: Its name, relative, with forward slashes; it becomes the document's `path`.
        where: The name that error messages use for it; `path` where None.

    Raises:
        DocumentError: It is empty, cannot be decoded, is broken or encrypted, or holds no text.
    """
    source = Source(path=path, where=where or path)
    if not data:
        raise source.error("this document is empty: 0 bytes")
    if PurePosixPath(path).suffix.lower() == ".pdf":
        from harness.documents.pdf import read_pdf

        content = read_pdf(data, source)
    else:
        content = _read_text_format(data, source)
    if not content.text.strip():
        raise source.error("this document holds no text, only blanks or markup")
    return Document(
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        media_type=media_type(path),
        text=content.text,
        passages=content.passages,
        tables=content.tables,
    )


def load_document(root: Path, path: str, *, max_mb: float = 64) -> Document:
    """Read a document of a project.

    Args:
        root: The folder that holds the project's documents.
        path: The document's path below `root`, with forward slashes.
        max_mb: The largest size that is read, in megabytes of 1,000,000 bytes.

    Raises:
        DocumentError: It is missing, a folder, outside `root`, too large, or cannot be read.
    """
    where = f"{root.name}/{path}" if root.name else path
    file = _inside(root, path, where)
    try:
        _check_file(root, file, where, max_mb)
        data = file.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DocumentError(f"this document cannot be opened: {reason}", where=where) from None
    return read_document(data, PurePosixPath(path).as_posix(), where=where)


def _inside(root: Path, path: str, where: str) -> Path:
    """Return the file's real place, which must lie below the real place of `root`."""
    relative = PurePosixPath(path)
    hint = f"Give a path relative to {root.name or 'the documents folder'}/, such as guides/returns.pdf."
    if not path.strip() or "\0" in path:
        raise DocumentError("a document's path cannot be empty, nor hold a NUL", where=repr(path), hint=hint)
    if any("\ud800" <= character <= "\udfff" for character in path):
        raise DocumentError("a document's path cannot hold half a character", where=ascii(path), hint=hint)
    if relative.is_absolute() or Path(path).is_absolute() or ".." in relative.parts:
        raise DocumentError("this path leads out of the documents folder", where=path, hint=hint)
    try:
        file = (root / relative).resolve()
        inside = file.is_relative_to(root.resolve())
    except (OSError, RuntimeError) as error:  # a circle of symbolic links
        raise DocumentError(f"this document cannot be found: {error}", where=where) from None
    if not inside:
        hint = "Copy the file into the documents folder: what lies outside may differ on the next machine."
        raise DocumentError("this is a link that leads out of the documents folder", where=where, hint=hint)
    return file


def _check_file(root: Path, file: Path, where: str, max_mb: float) -> None:
    if file.is_dir():
        raise DocumentError("this is a folder, not a document", where=where, hint=f"Name a file in it ({_ENDINGS}).")
    if not file.exists():
        raise DocumentError("there is no such document", where=where, hint=_near_names(root, file))
    if not file.is_file():
        raise DocumentError("this is no ordinary file", where=where)
    size = file.stat().st_size
    if size > max_mb * 1_000_000:
        what = f"this document has {size / 1_000_000:,.1f} MB, and at most {max_mb:g} MB are read"
        raise DocumentError(what, where=where, hint="Split it, or raise max_document_mb.")


def _near_names(root: Path, file: Path) -> str:
    names = sorted(islice(_names_below(root), 5000))
    if not names:
        return f"There is no document in {root.name}/."
    wanted = os.path.relpath(file, root.resolve()).replace(os.sep, "/")
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    near += [name for name in names if PurePosixPath(name).name == PurePosixPath(wanted).name and name not in near]
    if near:
        return f"Did you mean {' or '.join(near[:3])}?"
    return f"There are: {', '.join(names[:10])}{', ...' if len(names) > 10 else ''}"


def _names_below(root: Path) -> Iterator[str]:
    for folder, _, files in os.walk(root):
        for name in files:
            if PurePosixPath(name).suffix.lower() in ENDINGS:
                yield (Path(folder) / name).relative_to(root).as_posix()


def _read_text_format(data: bytes, source: Source) -> Content:
    ending = PurePosixPath(source.path).suffix.lower()
    if ending in _TEXT_READERS:
        return _TEXT_READERS[ending][1](_decoded(data, source), source)
    try:
        text = _decoded(data, source)
    except DocumentError as error:
        what = f"a file with the ending {ending!r} is read as text, but {error.what}"
        raise source.error(what, hint=f"The formats that are read: {_ENDINGS}, and any text in UTF-8.") from None
    return read_text(text, source)


def _decoded(data: bytes, source: Source) -> str:
    """Return the text of bytes in UTF-8, in UTF-16 with a byte order mark, or in what an HTML page declares."""
    mark, encoding = next((pair for pair in _BYTE_ORDER_MARKS if data.startswith(pair[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        declared = _declared(data, source)
        if declared is not None:
            return declared
        offset = error.start + len(mark)
        what = f"byte {offset} (0x{data[offset]:02x}) is not {encoding.upper()}"
        raise source.error(what, hint="Save the file as UTF-8.") from None
    if "\0" in text:
        raise source.error(f"character {text.index(chr(0))} is a NUL: this is no text file")
    return text


def _declared(data: bytes, source: Source) -> str | None:
    match = _DECLARED.search(data, 0, 4096) if media_type(source.path) == "text/html" else None
    if match is None:
        return None
    try:
        return data.decode(match.group(1).decode("ascii"))
    except (LookupError, UnicodeError):
        return None
