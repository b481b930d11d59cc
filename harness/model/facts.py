"""What a case expects an answer to say."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from harness.model.promptfoo import NOT, PROMPTFOO, translated
from harness.model.simple_facts import (
    FORM,
    Date,
    JsonPath,
    Language,
    Listed,
    MaxWords,
    Number,
    Regex,
    Sql,
    Text,
    check_weight,
)

if TYPE_CHECKING:  # annotations only: the model is imported where pydantic is not needed
    from pydantic_core import CoreSchema

__all__ = [
    "FORM",
    "KINDS",
    "AllOf",
    "AnyFact",
    "AnyOf",
    "Date",
    "Fact",
    "FactForm",
    "JsonPath",
    "Language",
    "Listed",
    "MaxWords",
    "Not",
    "Number",
    "Regex",
    "Sql",
    "Text",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyOf:
    """Facts of which at least one must be stated."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    any_of: tuple["Fact", ...]
    """The alternatives."""
    weight: float = 1.0
    """As for text; weights inside count for nothing."""

    def __post_init__(self) -> None:
        if not self.any_of:
            raise ValueError("`any_of` is empty: no answer could state one of its facts")
        check_weight(self.weight)

    def __str__(self) -> str:
        return "any of: " + " | ".join(map(str, self.any_of))


@dataclass(frozen=True, kw_only=True, slots=True)
class AllOf:
    """Facts that must all be stated; useful inside `any_of` and `not`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    all_of: tuple["Fact", ...]
    """The facts."""
    weight: float = 1.0
    """As for `any_of`."""

    def __post_init__(self) -> None:
        if not self.all_of:
            raise ValueError("`all_of` is empty: every answer would state all of its facts")
        check_weight(self.weight)

    def __str__(self) -> str:
        return "all of: " + " & ".join(map(str, self.all_of))


@dataclass(frozen=True, kw_only=True, slots=True)
class Not:
    """A fact that the answer must not state."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    not_: "Fact"
    """What must be absent."""
    weight: float = 1.0
    """As for `any_of`."""

    def __post_init__(self) -> None:
        check_weight(self.weight)

    def __str__(self) -> str:
        return f"not: {self.not_}"


AnyFact: TypeAlias = Text | Regex | Number | Sql | Date | Listed | JsonPath | MaxWords | Language | AnyOf | AllOf | Not

TEXT_FACT = "Words that the answer must hold."
"""What the schema says of a fact that is plain text."""

KINDS: dict[str, type[AnyFact]] = {
    "text": Text,
    "regex": Regex,
    "number": Number,
    "sql": Sql,
    "date": Date,
    "list": Listed,
    "json_path": JsonPath,
    "max_words": MaxWords,
    "language": Language,
    "any_of": AnyOf,
    "all_of": AllOf,
    "not": Not,
}
"""The key that tells what kind of fact a mapping is."""


class FactForm:
    """How a fact is written in YAML: plain text, a mapping that one key tells apart, or a promptfoo assertion."""

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
        text = {"type": "string", "description": TEXT_FACT}
        return {"anyOf": [text, *choices, *_promptfoo_schemas()]}


def _promptfoo_schemas() -> list[dict[str, Any]]:
    names = [f"{prefix}{name}" for name in PROMPTFOO for prefix in ("", NOT)]
    weight = {"type": "number", "exclusiveMinimum": 0, "description": "As for text."}
    typed = {
        "type": "object",
        "description": "An assertion as promptfoo spells it.",
        "properties": {"type": {"enum": names}, "value": {}, "weight": weight},
        "required": ["type"],
        "additionalProperties": False,
    }
    short = {
        "type": "object",
        "description": "The same in short: `contains: x`.",
        # `regex` alone is our own fact.
        "properties": {**{name: {} for name in names if name != "regex"}, "weight": weight},
        "minProperties": 1,
        "maxProperties": 2,
        "additionalProperties": False,
    }
    return [typed, short]


def _kind_of(value: object) -> str | None:
    if isinstance(value, dict):
        return next((f"@{key}" for key in KINDS if key in value), None)
    return next((f"@{key}" for key, kind in KINDS.items() if isinstance(value, kind)), None)


def _spell_out(value: object) -> object:
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, dict) and _kind_of(value) is None:
        return dict(translated(value))
    return value


Fact: TypeAlias = Annotated[AnyFact, FactForm]
"""A fact as a case file may spell it."""
