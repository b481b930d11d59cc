"""Variants: what a named configuration changes of an assistant, one by one or as a matrix."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeAlias

from harness.model.facts import FORM
from harness.model.prompt import HostedPrompt, LongText
from harness.model.tools import FunctionTool, Tool, ToolChoice

if TYPE_CHECKING:  # annotations only: the model is imported where pydantic is not needed
    from pydantic_core import CoreSchema

TargetName: TypeAlias = Literal["assistants", "responses"]
"""The protocol a case is run through."""

DEFAULT_VARIANT = "default"
"""The name of the configuration that the suite's `assistant` block itself describes."""
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
"""A case's or variant's name: it stands in pytest's node ids and in the paths of recordings."""
TRIAL = re.compile(r"(.*-)?t[0-9]+")
"""What a trial's name looks like in `case[variant-t2]`; no variant may look so."""
EXCLUDE = "exclude"
"""The key of a matrix that is no dimension."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """What a named configuration changes of the suite's assistant. What is left out stays."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    model: str | None = None
    """Another model."""
    target: TargetName | None = None
    """Another protocol: `assistants` or `responses`."""
    prompt_template: LongText | None = None
    """A jinja2 template (sandboxed) that each prompt is put through: `{{ prompt }}`, `{{ case.id }}`, `{{ turn }}`."""
    instructions: LongText | None = None
    """Other instructions; an empty text takes them away."""
    run_instructions: LongText | None = None
    """Instructions that replace the assistant's in each run; an empty text takes them away."""
    additional_run_instructions: LongText | None = None
    """Instructions added in each run; an empty text takes them away."""
    prompt: HostedPrompt | None = None
    """A prompt that exists on the server instead of what the suite describes."""
    tools: tuple[Tool, ...] | None = None
    """Other tools."""
    tool_choice: ToolChoice | None = None
    """Another choice of tools."""
    parallel_tool_calls: bool | None = None
    """Whether it may call several functions at once."""
    linked_by: Literal["previous_response_id", "conversation"] | None = None
    """What else holds turns together with the target `responses`."""
    temperature: float | None = None
    """Another sampling temperature."""
    top_p: float | None = None
    """Another nucleus."""
    max_num_results: int | None = None
    """Another number of search results."""

    def __post_init__(self) -> None:
        check_settings(self)

    def changes(self) -> dict[str, Any]:
        """Return what it changes, by the field's name."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


FIELDS = tuple(one.name for one in fields(Variant))
"""What a variant may change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """Dimensions whose values are combined, each combination a variant.

    In YAML a mapping of dimensions, and `exclude`. A dimension that has the name of a variant's field may be a list of
    values; any other one is a mapping from names to what they change.
    """

    dimensions: Mapping[str, Mapping[str, Variant]]
    """For each dimension its values by name."""
    exclude: tuple[Mapping[str, str], ...] = ()
    """Partial combinations (a value's name by dimension); what one of them fits is left out."""

    @property
    def size(self) -> int:
        """How many combinations there are before any is left out."""
        size = 1
        for values in self.dimensions.values():
            size *= len(values)
        return size

    def combinations(self) -> Iterator[tuple[str, Variant]]:
        """Return the variants that are not left out, named by the names of their values with `-` between."""
        for names in itertools.product(*self.dimensions.values()):
            chosen = dict(zip(self.dimensions, names, strict=True))
            if not any(exclude.items() <= chosen.items() for exclude in self.exclude):
                variant = Variant()
                for dimension, name in chosen.items():
                    variant = replace(variant, **self.dimensions[dimension][name].changes())
                yield "-".join(names), variant

    @staticmethod
    def __get_pydantic_core_schema__(_source: object, handler: Any) -> "CoreSchema":
        from pydantic_core import core_schema

        variants = core_schema.dict_schema(core_schema.str_schema(), handler.generate_schema(Variant))

        def dimension(name: str | None) -> "CoreSchema":
            return core_schema.no_info_before_validator_function(_reader(name), variants)

        value = core_schema.no_info_before_validator_function(value_name, core_schema.str_schema())
        excluded = core_schema.dict_schema(core_schema.str_schema(), value)
        known = {name: core_schema.typed_dict_field(dimension(name), required=False) for name in FIELDS}
        known[EXCLUDE] = core_schema.typed_dict_field(core_schema.list_schema(excluded), required=False)
        flat = core_schema.typed_dict_schema(known, extras_schema=dimension(None), extra_behavior="allow")
        return core_schema.no_info_wrap_validator_function(_matrix, flat)

    @staticmethod
    def __get_pydantic_json_schema__(schema: "CoreSchema", handler: Any) -> dict[str, Any]:
        named = {**handler(schema)["additionalProperties"], "minProperties": 1}
        scalar = {"type": ["string", "number", "boolean"]}
        either = {"anyOf": [{"type": "array", "items": scalar, "minItems": 1}, named]}
        combination = {"type": "object", "additionalProperties": scalar, "minProperties": 1}
        exclude = {"type": "array", "items": combination, "description": "Partial combinations that are left out."}
        properties = {EXCLUDE: exclude, **dict.fromkeys(FIELDS, either)}
        return {"type": "object", "properties": properties, "additionalProperties": named}


def _matrix(value: Any, validated: Callable[[Any], dict[str, Any]]) -> Matrix:
    flat = validated(value)
    # In the file's order, which is that of the names: what validates it knows an order of its own.
    dimensions = {name: flat[name] for name in value if name != EXCLUDE}
    if not dimensions:
        raise ValueError("a matrix has at least one dimension, such as `temperature: [0, 0.7]`")
    return Matrix(dimensions=dimensions, exclude=tuple(flat.get(EXCLUDE, ())))


def _reader(name: str | None) -> Callable[[object], object]:
    """Return what turns a dimension's list of values into a mapping; `name` is None for one that is no field."""

    def read(value: object) -> object:
        if isinstance(value, list | dict) and not value:
            raise ValueError("a dimension has at least one value")
        if isinstance(value, dict):
            for key in value:
                _check_value_name(str(key))
        if not isinstance(value, list):
            return value
        if name is None:
            raise ValueError(
                f"a list of values is for a field of a variant ({', '.join(FIELDS)}); "
                "for any other dimension name them: `{short: {instructions: ...}, long: {...}}`"
            )
        named = [(value_name(one), one) for one in value]
        for at, (one, _) in enumerate(named):
            _check_value_name(one, f"; give it one: `{name}: {{a-name: {{{name}: ...}}}}`")
            if one in dict(named[:at]):
                raise ValueError(f"the value {one!r} stands twice")
        return {one: {name: item} for one, item in named}

    return read


def value_name(value: object) -> str:
    """Return the name of a value that stands in a list: a text itself, or a number as one writes it.

    Raises:
        ValueError: It is something else.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}"
    shown = getattr(value, "spelling", None)  # what the reader of suites makes of `yes` and dates knows its spelling
    if shown is not None:
        raise ValueError(f"the value {shown} is neither text nor a number: put it in quotes")
    raise ValueError("a value in a list is text or a number; name anything else: `{a-name: {...}}`")


def _check_value_name(name: str, hint: str = "") -> None:
    if not NAME.fullmatch(name):
        shown = name if len(name) <= 60 else f"{name[:57]}..."
        raise ValueError(f"{shown!r} can't stand in a variant's name (letters, digits, `-`, `_`, `.`){hint}")


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedVariants:
    """The file `variants.yaml` at the top of the cases folder: variants of all suites."""

    __pydantic_config__: ClassVar[dict[str, Any]] = FORM
    variants: Mapping[str, Variant] = field(default_factory=dict)
    """Configurations by name; a suite's own variant of the same name wins."""
    matrix: Matrix | None = None
    """Dimensions whose values are combined, each combination a variant."""

    def __post_init__(self) -> None:
        check_variant_names(self.variants)


class Settings(Protocol):
    """What assistants and variants alike are set to."""

    @property
    def tools(self) -> tuple[Tool, ...] | None:
        """Its tools."""

    @property
    def temperature(self) -> float | None:
        """In [0, 2]."""

    @property
    def top_p(self) -> float | None:
        """In [0, 1]."""

    @property
    def max_num_results(self) -> int | None:
        """From 1 to 50."""


def check_settings(settings: Settings) -> None:
    """Refuse settings out of range, and two functions of one name.

    Raises:
        ValueError: There is such a setting.
    """
    names = [tool.function for tool in settings.tools or () if isinstance(tool, FunctionTool)]
    if len(set(names)) < len(names):
        raise ValueError(f"`tools` names a function twice: {', '.join(names)}")
    check_range("temperature", settings.temperature, 0, 2)
    check_range("top_p", settings.top_p, 0, 1)
    check_range("max_num_results", settings.max_num_results, 1, 50)


def check_range(name: str, value: float | None, low: float, high: float) -> None:
    """Refuse a number out of range.

    Raises:
        ValueError: It is.
    """
    if value is not None and not low <= value <= high:
        raise ValueError(f"`{name}` is a number from {low:g} to {high:g}, not {value:g}")


def check_variant_names(names: Iterable[str]) -> None:
    """Refuse names that no variant may have.

    Raises:
        ValueError: There is one.
    """
    for name in names:
        if name == DEFAULT_VARIANT:
            raise ValueError(f"`{DEFAULT_VARIANT}` is the name of the `assistant` block itself: name the variant else")
        if not NAME.fullmatch(name) or TRIAL.fullmatch(name):
            raise ValueError(
                f"the variant {name!r} can't be named so: letters, digits, `-`, `_` and `.` are allowed, "
                "and nothing that ends like a trial (`t2`)"
            )
