"""A promptfoo test's variables: files read, those that hold what is answered from made documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from harness.documents.load import ENDINGS
from harness.importing.draft import SuiteDraft
from harness.importing.facts import unique
from harness.importing.reading import Beside
from harness.importing.templates import fill, is_template

SEE = "(see the documents)"
"""What stands in a prompt where a document's text stood."""
_CODE = (".js", ".cjs", ".mjs", ".ts", ".py")
_MEDIA = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg", ".mp3", ".wav", ".mp4", ".mov", ".webm")
_DATA = (".json", ".yaml", ".yml")
_ALWAYS_DOCUMENTS = (".pdf", ".html", ".htm")


@dataclass(frozen=True, kw_only=True, slots=True)
class Values:
    """Reads the variables of one test."""

    beside: Beside
    draft: SuiteDraft
    contexts: tuple[str, ...]
    label: str
    """The test's name."""
    names: dict[bytes, str]
    """Documents that there are, by what they hold; added to."""

    def read(self, plain: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]:
        """Return the variables as prompts and as assertions see them, and the test's documents."""
        asked: dict[str, Any] = {}
        told: dict[str, Any] = {}
        documents: list[str] = []
        for name, value in plain.items():
            try:
                text, document = self._value(str(name), value)
            except ValueError as error:
                self.draft.leave(f"vars.{name}", str(error), self.label)
                text, document = "", None
            told[str(name)] = text
            asked[str(name)] = SEE if document else text
            documents += [document] if document else []
        for values in (asked, told):
            values.update(self._filled(values))
        return asked, told, tuple(dict.fromkeys(documents))

    def _value(self, name: str, value: Any) -> tuple[Any, str | None]:
        if isinstance(value, str) and value.startswith("file://"):
            return self._file(name, value)
        if name in self.contexts and isinstance(value, str | list) and value and not is_template(str(value)):
            parts = value if isinstance(value, list) else [value]
            text = "\n\n".join(str(part).strip() for part in parts)
            return text, self._document(f"{self.draft.name}/{name}.md", f"{text}\n".encode("utf-8", "replace"))
        return value, None

    def _file(self, name: str, reference: str) -> tuple[Any, str | None]:
        path = PurePosixPath(reference.removeprefix("file://"))
        ending = path.suffix.lower().partition(":")[0]
        if ending in _CODE:
            raise ValueError("is made by a program: write its value into the test")
        if ending in _MEDIA:
            raise ValueError("images and sounds are no documents here")
        if ending in _ALWAYS_DOCUMENTS or (name in self.contexts and ending in ENDINGS):
            document = self._document(f"{self.draft.name}/{path.name}", self.beside.content(reference))
            return (self.beside.text(reference) if ending != ".pdf" else ""), document
        return (self.beside.data(reference) if ending in _DATA else self.beside.text(reference)), None

    def _document(self, path: str, content: bytes) -> str:
        """Return the name of a document; what is the same is one document."""
        if content not in self.names:
            stem, dot, ending = path.rpartition(".")
            found = unique(stem, (name.rpartition(".")[0] for name in self.names.values()))
            self.names[content] = f"{found}{dot}{ending}"
            self.draft.documents[f"{found}{dot}{ending}"] = content
            self.draft.note(f"what is answered from became documents; in a prompt stands {SEE!r} in its place")
        return self.names[content]

    def _filled(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the variables that are templates of others, filled in once."""
        filled = {}
        for name, value in values.items():
            if isinstance(value, str) and is_template(value):
                others = {key: one for key, one in values.items() if key != name}
                filled[name], _ = fill(value, others)
        return filled
