"""What an import comes to before it is written: cases, documents, and all that could not be carried over."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from harness.model.suite import Expectation

Facts: TypeAlias = list[Any]
"""Facts as a case file spells them."""


class NotCarried(ValueError):
    """Something of the imported file that has no equal; its argument is why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """Something that the suite does not have, although the imported file does."""

    file: str
    """Name of the imported file."""
    test: str
    """Which test it belongs to; empty for the file as a whole."""
    what: str
    """What it is: an assertion's type, a setting."""
    why: str
    """Why it was left, and what to do instead."""

    def __str__(self) -> str:
        place = f"{self.file}: {self.test}" if self.test else self.file
        return f"{place}: {self.what}: {self.why}"


@dataclass(kw_only=True, slots=True)
class CaseDraft:
    """A case that becomes one of the suite."""

    title: str
    """What its id is made of."""
    prompts: tuple[str, ...]
    """What the user says, one a turn; what is demanded is demanded of the last."""
    system: str = ""
    """What the assistant is told beforehand."""
    expect: Expectation | None = None
    facts: Facts = field(default_factory=list)
    min_groundedness: float | None = None
    documents: tuple[str, ...] = ()
    """Below the fixtures folder."""
    tags: tuple[str, ...] = ()
    test: str = ""
    """The test it comes from; what of that could not be carried over stands as a comment above the case."""


@dataclass(kw_only=True, slots=True)
class SuiteDraft:
    """What becomes a suite."""

    kind: str
    """What was imported, in words."""
    file: str
    """Its name."""
    name: str
    """The suite's name; documents that are made lie in a folder of this name."""
    cases: list[CaseDraft] = field(default_factory=list)
    assistant: dict[str, Any] = field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)
    matrix: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    """Documents to be written below the fixtures folder, by path."""
    left: list[Left] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was carried over in another form, in sentences."""

    def leave(self, what: str, why: str, test: str = "") -> None:
        """Note what could not be carried over; the same thing once."""
        one = Left(file=self.file, test=test, what=what, why=why)
        if one not in self.left:
            self.left.append(one)

    def note(self, text: str) -> None:
        """Note what has another form now; the same sentence once."""
        if text not in self.notes:
            self.notes.append(text)

    def left_of(self, test: str) -> tuple[Left, ...]:
        """Return what was left of a test."""
        return tuple(one for one in self.left if one.test == test)

    def gather(self) -> None:
        """Note once what was left of all tests, as that of a default is."""
        tests = {case.test for case in self.cases}
        found: dict[tuple[str, str], set[str]] = {}
        for one in self.left:
            found.setdefault((one.what, one.why), set()).add(one.test)
        common = {key for key, names in found.items() if len(tests) > 1 and names >= tests}
        told = [
            Left(file=self.file, test="", what=f"{what} (all tests)", why=why)
            for what, why in found
            if (what, why) in common
        ]
        self.left = [*told, *(one for one in self.left if (one.what, one.why) not in common)]
