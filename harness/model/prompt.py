"""What is said to an assistant: text, text from a file, a prompt in the CO-STAR form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from harness.model.facts import FORM

if TYPE_CHECKING:  # annotations only: the model is imported where pydantic is not needed
    from pydantic_core import CoreSchema


class TextOrFile:
    """Text that YAML may give in place, or as `{file: path}` relative to the suite.

    Who validates hands over the reader as pydantic's context: a function from the path to the text,
    which raises ValueError.
    """

    @staticmethod
    def __get_pydantic_core_schema__(source: object, handler: Any) -> "CoreSchema":
        from pydantic_core import core_schema

        def read(value: object, info: Any) -> object:
            if info.context and isinstance(value, dict) and list(value) == ["file"] and isinstance(value["file"], str):
                return info.context(value["file"])
            return value

        return core_schema.with_info_before_validator_function(read, handler(source))

    @staticmethod
    def __get_pydantic_json_schema__(schema: "CoreSchema", handler: Any) -> dict[str, Any]:
        path = {"type": "string", "description": "A text file, relative to the suite."}
        file = {"type": "object", "properties": {"file": path}, "required": ["file"], "additionalProperties": False}
        return {"anyOf": [handler(schema), file]}


LongText: TypeAlias = Annotated[str, TextOrFile]
"""Text, in place or from a file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CoStarParts:
    """The six parts of a CO-STAR prompt."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    context: LongText
    """What the model should know first."""
    objective: LongText
    """What it should do."""
    style: LongText
    """How it should write."""
    tone: LongText
    """With which attitude."""
    audience: LongText
    """For whom."""
    response: LongText
    """In which form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CoStar:
    """A prompt in the CO-STAR form (context, objective, style, tone, audience, response)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    costar: CoStarParts
    """Its parts."""

    def __str__(self) -> str:
        names = ("context", "objective", "style", "tone", "audience", "response")
        blocks = (f"# {name.upper()} #\n{getattr(self.costar, name).strip()}" for name in names)
        return "\n\n".join(blocks)


@dataclass(frozen=True, kw_only=True, slots=True)
class HostedPrompt:
    """A prompt that is kept on the server, with its model, instructions and tools."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    id: str
    """Its id (`pmpt_...`)."""
    version: str | None = None
    """Its version; None: the one that is current there. Put it in quotes."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    """What its placeholders are filled in with."""


class PromptForm:
    """A prompt is text or a `costar:` block; its shape tells which, so that an error speaks of that one only."""

    @staticmethod
    def __get_pydantic_core_schema__(_source: object, handler: Any) -> "CoreSchema":
        from pydantic_core import core_schema

        choices = {"@text": handler.generate_schema(LongText), "@costar": handler.generate_schema(CoStar)}

        def shape(value: object) -> str:
            return (
                "@costar" if isinstance(value, CoStar) or (isinstance(value, dict) and "costar" in value) else "@text"
            )

        return core_schema.tagged_union_schema(choices, discriminator=shape)


Prompt: TypeAlias = Annotated[str | CoStar, PromptForm]
"""What the user says: text, in place or from a file, or a CO-STAR block."""
