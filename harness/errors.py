"""Everything that can go wrong on purpose.

    HarnessError
    ├── InputError             something the user wrote or keeps on disk
    │   ├── CaseFileError      a suite, a case, a field of it
    │   ├── ConfigError        pyproject.toml, environment, flags
    │   ├── DocumentError      missing, empty, unreadable, too large, outside the project
    │   ├── CassetteError      a recording
    │   │   ├── CassetteMissing
    │   │   ├── CassetteStale  it answers another question than the one now asked
    │   │   └── CassetteBroken cut, not ours, not UTF-8
    │   └── ResultsError       a run's folder, a row of it
    ├── TargetError            the other side of the wire
    │   ├── EndpointError      refused, unreachable, unauthorised, no such API
    │   │   └── AnswerLost     sent, and no answer came: it may have been carried out
    │   ├── SetupError         an upload, a vector store, an assistant
    │   └── DriveError         a run that cannot be followed to its end
    │       └── FunctionError  the model calls functions that nobody answers, or for ever
    └── BudgetReached          nothing is wrong: a run was not begun

Raise these inside; only the command line and the pytest plugin turn them into what they print.
"""

from typing import ClassVar

__all__ = [
    "AnswerLost",
    "BudgetReached",
    "CaseFileError",
    "CassetteBroken",
    "CassetteError",
    "CassetteMissing",
    "CassetteStale",
    "ConfigError",
    "DocumentError",
    "DriveError",
    "EndpointError",
    "FunctionError",
    "HarnessError",
    "InputError",
    "ResultsError",
    "SetupError",
    "TargetError",
]


class HarnessError(Exception):
    """What happened, where, and what to do about it.

    Args:
        what: One sentence: what was found, and what was wanted.
        where: File, `file:line`, URL or option the sentence is about; None where there is no such place.
        hint: What to do next; None where the sentence already says it.
    """

    kind: ClassVar[str] = "error"
    """The name that rows and reports use for this kind of error."""

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{place}{self.what}{advice}"

    def __reduce__(self) -> tuple[object, ...]:
        # Exception's own pickling forgets keyword arguments, and errors cross processes under xdist.
        return (_rebuild, (type(self), self.what, self.where, self.hint))


def _rebuild(cls: type[HarnessError], what: str, where: str | None, hint: str | None) -> HarnessError:
    return cls(what, where=where, hint=hint)


class InputError(HarnessError):
    """Something the user wrote or keeps on disk."""

    kind = "input"


class CaseFileError(InputError):
    """A suite, a case, or a field of it."""

    kind = "case_file"


class ConfigError(InputError):
    """pyproject.toml, the environment, or a flag."""

    kind = "config"


class DocumentError(InputError):
    """A document that is missing, empty, unreadable, too large, or outside the project."""

    kind = "document"


class CassetteError(InputError):
    """A recording that cannot be used."""

    kind = "cassette"


class CassetteMissing(CassetteError):
    """No recording, in a mode that does not make one."""

    kind = "cassette_missing"


class CassetteStale(CassetteError):
    """A recording that answers another question than the one now asked."""

    kind = "cassette_stale"


class CassetteBroken(CassetteError):
    """A recording that is cut, edited badly, or not ours."""

    kind = "cassette_broken"


class ResultsError(InputError):
    """A run's folder, or a row of it."""

    kind = "results"


class TargetError(HarnessError):
    """The other side of the wire."""

    kind = "target"


class EndpointError(TargetError):
    """An endpoint that refuses, cannot be reached, or does not speak the protocol."""

    kind = "endpoint"


class AnswerLost(EndpointError):
    """A request was sent and no answer came back: whether it was carried out is not known."""


class SetupError(TargetError):
    """An upload, a vector store or an assistant that could not be made."""

    kind = "setup"


class DriveError(TargetError):
    """A run that could not be followed to its end."""

    kind = "drive"


class FunctionError(DriveError):
    """A run whose model calls a function that the suite does not answer, or calls functions for ever."""

    kind = "function"


class BudgetReached(HarnessError):
    """A run that was not begun, because those before it have used what the session may use."""

    kind = "budget"
