"""What a case expects an answer to say."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

if TYPE_CHECKING:  # annotations only: the model is imported where pydantic is not needed
    from pydantic_core import CoreSchema

FORM: dict[str, Any] = {
    "extra": "forbid",
    "use_attribute_docstrings": True,
    "allow_inf_nan": False,
    "alias_generator": lambda name: name.rstrip("_"),  # `not_` is spelled `not` in YAML
}
"""How pydantic reads the dataclasses of a suite: an unknown key is an error."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """Words that the answer must hold; case, accents, spacing and quotes do not matter."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    text: str
    """The words."""

    def __post_init__(self) -> None:
        _check_words("text", self.text)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True, slots=True)
class Regex:
    """A regular expression that must be found in the answer."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    regex: str
    """Python's syntax; searched for anywhere, upper and lower case alike."""

    def __post_init__(self) -> None:
        _check_words("regex", self.regex)
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

    def __post_init__(self) -> None:
        _check_tolerances(self.tolerance, self.relative_tolerance)

    def __str__(self) -> str:
        return f"{self.number:g}{' ' + self.unit if self.unit else ''}"


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

    def __post_init__(self) -> None:
        _check_words("sql", self.sql)
        _check_tolerances(self.tolerance, self.relative_tolerance)

    def __str__(self) -> str:
        return f"sql: {' '.join(self.sql.split())}"


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyOf:
    """Facts of which at least one must be stated."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    any_of: tuple["Fact", ...]
    """The alternatives."""

    def __post_init__(self) -> None:
        if not self.any_of:
            raise ValueError("`any_of` is empty: no answer could state one of its facts")

    def __str__(self) -> str:
        return "any of: " + " | ".join(map(str, self.any_of))


@dataclass(frozen=True, kw_only=True, slots=True)
class AllOf:
    """Facts that must all be stated; useful inside `any_of` and `not`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    all_of: tuple["Fact", ...]
    """The facts."""

    def __post_init__(self) -> None:
        if not self.all_of:
            raise ValueError("`all_of` is empty: every answer would state all of its facts")

    def __str__(self) -> str:
        return "all of: " + " & ".join(map(str, self.all_of))


@dataclass(frozen=True, kw_only=True, slots=True)
class Not:
    """A fact that the answer must not state."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    not_: "Fact"
    """What must be absent."""

    def __str__(self) -> str:
        return f"not: {self.not_}"


AnyFact: TypeAlias = Text | Regex | Number | Sql | AnyOf | AllOf | Not

KINDS: dict[str, type[AnyFact]] = {
    "text": Text,
    "regex": Regex,
    "number": Number,
    "sql": Sql,
    "any_of": AnyOf,
    "all_of": AllOf,
    "not": Not,
}
"""The key that tells what kind of fact a mapping is."""


class FactForm:
    """How a fact is written in YAML: plain text, or a mapping that one key tells apart."""

    @staticmethod
    def __get_pydantic_core_schema__(_source: object, handler: Any) -> "CoreSchema":
        from pydantic_core import core_schema

        # A tag stands in the place that pydantic reports; `@` tells it from the key of the same name.
        choices = {f"@{key}": handler.generate_schema(kind) for key, kind in KINDS.items()}
        tagged = core_schema.tagged_union_schema(
            choices,
            discriminator=_kind_of,
            custom_error_type="fact",
            custom_error_message="a fact is text, or a mapping with one of the keys " + ", ".join(KINDS),
        )
        return core_schema.no_info_before_validator_function(_spell_out, tagged)

    @staticmethod
    def __get_pydantic_json_schema__(schema: "CoreSchema", handler: Any) -> dict[str, Any]:
        mappings = handler(schema)
        choices = mappings.get("oneOf", [mappings])
        return {"anyOf": [{"type": "string", "description": "Words that the answer must hold."}, *choices]}


def _kind_of(value: object) -> str | None:
    if isinstance(value, dict):
        return next((f"@{key}" for key in KINDS if key in value), None)
    return next((f"@{key}" for key, kind in KINDS.items() if isinstance(value, kind)), None)


def _spell_out(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


def _check_words(name: str, words: str) -> None:
    if not words.strip():
        raise ValueError(f"`{name}` is empty")


def _check_tolerances(tolerance: float | None, relative_tolerance: float | None) -> None:
    if (tolerance or 0) < 0 or (relative_tolerance or 0) < 0:
        raise ValueError("a tolerance is 0 or more")


Fact: TypeAlias = Annotated[AnyFact, FactForm]
"""A fact as a case file may spell it."""
