"""The tools of an assistant under test, what its functions return, and the calls that a case demands of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from harness.model.simple_facts import FORM

if TYPE_CHECKING:  # annotations only: the model is imported where pydantic is not needed
    from pydantic_core import CoreSchema

__all__ = ["ExpectedCall", "FunctionChoice", "FunctionOutput", "FunctionTool", "Tool", "ToolChoice"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CALL = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def _no_parameters() -> Mapping[str, Any]:
    return {"type": "object", "properties": {}}


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionTool:
    """A function that the model may ask for, and what it is handed back."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    function: str
    """Its name, as the model knows it."""
    description: str | None = None
    """What the model is told of it."""
    parameters: Mapping[str, Any] = field(default_factory=_no_parameters)
    """A JSON schema of its arguments; of type `object`."""
    strict: bool = False
    """Whether the server must hold the model to the schema."""
    output: Any = None
    """What it returns, whatever the arguments: text is sent as it is, anything else as JSON."""
    call: str | None = None
    """Code of your own that computes the output instead, within 30 s: `package.module:name` below the project's folder.

    It gets the arguments as keyword arguments; what it raises is told to the model as an error."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.function):
            raise ValueError(f"the function {self.function!r}: up to 64 letters, digits, `_` and `-` are allowed")
        if self.parameters.get("type") != "object":
            raise ValueError("`parameters` is a JSON schema of type `object`: say {type: object, properties: {...}}")
        _check_members(self.parameters)
        if self.output is not None and self.call is not None:
            raise ValueError("a function has `output` or `call`, not both")
        _check_call(self.call)


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionOutput:
    """What a function returns in one case."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    output: Any = None
    """As for the tool."""
    call: str | None = None
    """As for the tool."""

    def __post_init__(self) -> None:
        if (self.output is None) == (self.call is None):
            raise ValueError("a function's output is given by either `output` or `call`")
        _check_call(self.call)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedCall:
    """A function call that a turn should bring."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    function: str
    """The function's name."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Arguments it should be called with; others may be there too. Text is compared without regard to case."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionChoice:
    """The one function that the model must call first."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    function: str
    """Its name."""


def _check_members(parameters: Mapping[str, Any]) -> None:
    if not isinstance(parameters.get("properties", {}), Mapping):
        raise ValueError("`properties` of `parameters` maps names to schemas: say {member: {type: string}}")  # noqa: TRY004 - told as a mistake in the file
    required = parameters.get("required", [])
    if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
        raise ValueError("`required` of `parameters` is a list of names: say [member]")


def _check_call(name: str | None) -> None:
    if name is not None and not _CALL.fullmatch(name):
        raise ValueError(f"`call` is {name!r}: wanted is `package.module:name`")


class _NameOrMapping:
    """A name or a mapping; its shape tells which, so that an error speaks of that one only."""

    mapping: ClassVar[type]
    names: ClassVar[Any]

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, handler: Any) -> "CoreSchema":
        from pydantic_core import core_schema

        choices = {"@name": handler.generate_schema(cls.names), "@function": handler.generate_schema(cls.mapping)}

        def shape(value: object) -> str:
            return "@function" if isinstance(value, dict | cls.mapping) else "@name"

        tagged = core_schema.tagged_union_schema(choices, discriminator=shape)
        return core_schema.no_info_before_validator_function(cls.renamed, tagged)

    @classmethod
    def renamed(cls, value: object) -> object:
        """Return a value under the name that it has today."""
        return value


class ToolForm(_NameOrMapping):
    """The name of a tool, or its name before 2024, or a function."""

    mapping = FunctionTool
    names = Literal["file_search"]

    @classmethod
    def renamed(cls, value: object) -> object:
        """Return a value under the name that it has today."""
        return "file_search" if value == "retrieval" else value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: "CoreSchema", handler: Any) -> dict[str, Any]:
        name = {"enum": ["file_search", "retrieval"], "description": "`retrieval` is the old name of `file_search`."}
        choices = handler(schema)["oneOf"]
        return {"anyOf": [name, *(choice for choice in choices if "$ref" in choice)]}


class ChoiceForm(_NameOrMapping):
    """How tools are chosen: in a word, or by the function that is forced."""

    mapping = FunctionChoice
    names = Literal["auto", "none", "required", "file_search"]


Tool: TypeAlias = Annotated[Literal["file_search"] | FunctionTool, ToolForm]
"""A tool that an assistant under test may be given."""
ToolChoice: TypeAlias = Annotated[Literal["auto", "none", "required", "file_search"] | FunctionChoice, ChoiceForm]
"""Which tool the model must use first: its own choice, none, any, or this one."""
