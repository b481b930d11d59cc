"""Multipart forms by what they hold: a random boundary would make every upload look new."""

import hashlib
from email.message import Message
from typing import TYPE_CHECKING

from python_multipart.multipart import MultipartParser

if TYPE_CHECKING:  # a name that the package has for type checkers only
    from python_multipart.multipart import MultipartCallbacks


def form_parts(content_type: str, body: bytes) -> dict[str, str | dict[str, str | int]]:
    """Read a multipart form.

    Args:
        content_type: The request's header, with the boundary.
        body: The form.

    Returns:
        By field name its text, or for a file its name, the SHA-256 of its bytes and its size.
    """
    parts = _Parts()
    parser = MultipartParser(_parameter("content-type", content_type, "boundary").encode(), parts.callbacks())
    parser.write(body)
    parser.finalize()
    return parts.found


class _Parts:
    """Collects what the parser calls out."""

    def __init__(self) -> None:
        self.found: dict[str, str | dict[str, str | int]] = {}
        self._label = b""
        self._value = b""
        self._disposition = ""
        self._content: list[bytes] = []

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_label,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._label = self._value = b""
        self._disposition, self._content = "", []

    def _header_label(self, data: bytes, start: int, end: int) -> None:
        self._label += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._label.lower() == b"content-disposition":
            self._disposition = self._value.decode(errors="replace")
        self._label = self._value = b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._content.append(data[start:end])

    def _end(self) -> None:
        name = _parameter("content-disposition", self._disposition, "name")
        file_name = _parameter("content-disposition", self._disposition, "filename")
        content = b"".join(self._content)
        if not file_name:
            self.found[name] = content.decode(errors="replace")
            return
        self.found[name] = {
            "name": file_name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
        }


def _parameter(header: str, value: str, name: str) -> str:
    message = Message()
    message[header] = value.replace("\r", "").replace("\n", "")
    found = message.get_param(name, header=header)
    return found if isinstance(found, str) else "" if found is None else str(found[2])
