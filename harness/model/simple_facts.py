"""Facts that stand alone: words, numbers, dates, lists, JSON, length, language."""

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from harness.model.languages import LANGUAGES, near_language

if TYPE_CHECKING:  # annotations only: the model is imported where pydantic is not needed
    from pydantic_core import CoreSchema

FORM: dict[str, Any] = {
    "extra": "forbid",
    "allow_inf_nan": False,
    "alias_generator": lambda name: name.rstrip("_"),  # `not_` is spelled `not` in YAML
}
"""How pydantic reads the dataclasses of a suite: an unknown key is an error."""

DateOrder: TypeAlias = Literal["day_first", "month_first"]
"""How `03/04/2026` is read."""
_PATH = re.compile(
    r"""\$(?:\.(?:[^\W\d][\w-]*|\*)|\[(?:-?\d{1,9}|\*|'[^'\]\n]+'|"[^"\]\n]+")\])*"""  # the subset that we read
)
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_LIST_END = re.compile(r"(?:\s*[;,\n])?\s+(?:and|or|und|et|y|&)\s+|\s*[;\n]\s*|,\s+")


class Spelled:
    """Text that YAML may read as something else where it is not quoted: `2026-08-26`, `true`."""

    @staticmethod
    def __get_pydantic_core_schema__(source: object, handler: Any) -> "CoreSchema":
        from pydantic_core import core_schema

        def spell(value: object) -> object:
            # What the reader of suites makes of an unquoted date knows how it was spelled.
            return getattr(value, "spelling", value)

        return core_schema.no_info_before_validator_function(spell, handler(source))


class Anything(Enum):
    """What stands where no value is demanded: None is a value of JSON like any other."""

    ANY = "\0any"
    """Spelled in rows as no YAML can spell a text."""


Plain: TypeAlias = str | bool | float | None
"""A value of JSON that holds no others."""


class PlainForm:
    """A value of JSON in YAML: a text, a number, `true`, `false`, `null`."""

    @staticmethod
    def __get_pydantic_core_schema__(_source: object, _handler: Any) -> "CoreSchema":
        from pydantic_core import core_schema

        plain = core_schema.union_schema(
            [core_schema.str_schema(), core_schema.bool_schema(strict=True), core_schema.float_schema()],
            custom_error_type="plain",
            custom_error_message="a text, a number, true, false or null is wanted",
        )

        def read(value: object, inner: Any) -> object:
            if value in (Anything.ANY, Anything.ANY.value):
                return Anything.ANY
            # What the reader of suites makes of an unquoted boolean or date knows how it was spelled.
            spelled: str | None = getattr(value, "spelling", None)
            if spelled is None:
                return inner(value)
            return inner({"true": True, "false": False}.get(spelled.casefold(), spelled))

        return core_schema.no_info_wrap_validator_function(read, core_schema.nullable_schema(plain))


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """Words that the answer must hold; case, accents, spacing and quotes do not matter."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    text: str
    """The words."""
    weight: float = 1.0
    """How much it counts in the share of facts that are met; to miss it fails the case whatever its weight."""

    def __post_init__(self) -> None:
        check_words("text", self.text)
        check_weight(self.weight)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True, slots=True)
class Regex:
    """A regular expression that must be found in the answer."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    regex: str
    """Python's syntax; searched for anywhere, upper and lower case alike."""
    weight: float = 1.0
    """As for text."""

    def __post_init__(self) -> None:
        check_words("regex", self.regex)
        check_weight(self.weight)
        try:
            re.compile(self.regex)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"`regex` is no regular expression: {error}") from None

    def __str__(self) -> str:
        return f"/{self.regex}/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A number that the answer must state, in any spelling."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    number: float
    """The value."""
    tolerance: float | None = None
    """Largest absolute difference that still counts; None: equal when rounded to the decimals stated."""
    relative_tolerance: float | None = None
    """Largest difference as a share of the value (0.01 is one per cent)."""
    unit: str | None = None
    """A unit that must stand by it: `USD`, `%`, `days`; None accepts any or none."""
    weight: float = 1.0
    """As for text."""

    def __post_init__(self) -> None:
        _check_tolerances(self.tolerance, self.relative_tolerance)
        check_weight(self.weight)

    def __str__(self) -> str:
        return f"{self.number:.12g}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sql:
    """A value computed from the documents' tables, which the answer must state."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    sql: str
    """A select statement over the tables of the case's documents (`products.json` is the table `products`)."""
    tolerance: float | None = None
    """As for a number."""
    relative_tolerance: float | None = None
    """As for a number."""
    unit: str | None = None
    """As for a number."""
    weight: float = 1.0
    """As for text."""

    def __post_init__(self) -> None:
        check_words("sql", self.sql)
        _check_tolerances(self.tolerance, self.relative_tolerance)
        check_weight(self.weight)

    def __str__(self) -> str:
        return f"sql: {' '.join(self.sql.split())}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Date:
    """A day that the answer must state, in any spelling: `26 August 2026`, `Aug 26th`, `2026-08-26`, `26.08.2026`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    date: Annotated[str, Spelled]
    """The day as `YYYY-MM-DD`."""
    order: DateOrder | None = None
    """How `03/04/2026` is read; None: such a date, which may be either, does not count."""
    weight: float = 1.0
    """As for text."""

    def __post_init__(self) -> None:
        try:
            dt.date.fromisoformat(self.date)
        except ValueError:
            raise ValueError(f"`date` is {self.date!r}: a day is wanted as in 2026-08-26") from None
        check_weight(self.weight)

    def __str__(self) -> str:
        return self.date


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """Items that the answer must all state, in any order."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    list_: str | tuple[str, ...]
    """The items; one text is split as people write lists: `Boston, Dallas and Seattle`."""
    weight: float = 1.0
    """As for text."""

    def __post_init__(self) -> None:
        if not self.items or not all(item.strip() for item in self.items):
            raise ValueError("`list` is empty, or holds an empty item")
        check_weight(self.weight)

    @property
    def items(self) -> tuple[str, ...]:
        """The items one by one."""
        if isinstance(self.list_, str):
            return tuple(item for item in _LIST_END.split(self.list_.strip()) if item.strip())
        return self.list_

    def __str__(self) -> str:
        return f"list: {', '.join(self.items)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonPath:
    """A place that the answer, or a fenced block in it, must have as JSON."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    json_path: str
    """`$` for the whole, then `.name`, `['name']`, `[0]`, `[-1]`, `[*]` or `.*` any number of times."""
    equals: Annotated[Plain | Anything, PlainForm] = field(default_factory=lambda: Anything.ANY)
    """The value that one of the places must have, `null` too; left out: any."""
    weight: float = 1.0
    """As for text."""

    def __post_init__(self) -> None:
        if not _PATH.fullmatch(self.json_path):
            raise ValueError(
                f"`json_path` is {self.json_path!r}; wanted is `$`, then `.name`, `['name']`, `[0]`, `[-1]`, `[*]`"
            )
        check_weight(self.weight)

    def __str__(self) -> str:
        if isinstance(self.equals, Anything):
            return f"json: {self.json_path}"
        value = self.equals if isinstance(self.equals, str) else json.dumps(self.equals)
        return f"json: {self.json_path} = {value}"


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxWords:
    """A length that the answer must not exceed."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    max_words: int
    """The most words; each letter of a script without blanks (Chinese, Japanese, Thai) counts as one."""
    weight: float = 1.0
    """As for text."""

    def __post_init__(self) -> None:
        if self.max_words < 1:
            raise ValueError(f"`max_words` is a whole number from 1, not {self.max_words}")
        check_weight(self.weight)

    def __str__(self) -> str:
        return f"at most {self.max_words} words"


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """A language that the answer must be in."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    language: Annotated[str, Spelled]
    """Its code of ISO 639: `en`, `de`, `pt`. An answer too short to tell counts as being in it."""
    weight: float = 1.0
    """As for text."""

    def __post_init__(self) -> None:
        if not _LANGUAGE.fullmatch(self.language):
            raise ValueError(f"`language` is {self.language!r}: a code such as `en` or `de` is wanted")
        if self.language not in LANGUAGES:
            near = near_language(self.language)
            raise ValueError(f"`language` is {self.language!r}, which is no language that can be told{near}")
        check_weight(self.weight)

    def __str__(self) -> str:
        return f"language: {self.language}"


def check_words(name: str, words: str) -> None:
    """Refuse an empty text.

    Raises:
        ValueError: It is.
    """
    if not words.strip():
        raise ValueError(f"`{name}` is empty")


def check_weight(weight: float) -> None:
    """Refuse a weight that would make the share of facts meaningless.

    Raises:
        ValueError: It is 0 or less.
    """
    if not weight > 0:
        raise ValueError(f"`weight` is a number above 0, not {weight:g}")


def _check_tolerances(tolerance: float | None, relative_tolerance: float | None) -> None:
    if (tolerance or 0) < 0 or (relative_tolerance or 0) < 0:
        raise ValueError("a tolerance is 0 or more")
