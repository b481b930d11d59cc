"""The JSON Schemas of suites and of `variants.yaml`, for editors. `python -m harness.casefile.schema` writes them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.model.facts import FORM
from harness.model.suite import Suite
from harness.model.variants import SharedVariants

if TYPE_CHECKING:
    from pydantic_core import core_schema

PLACEHOLDER = "Filled in by a variable or a column."
FOLDER = Path(__file__).parent.parent
SCHEMAS: Mapping[type, tuple[Path, str]] = {
    Suite: (FOLDER / "suite.schema.json", "A suite of the assistant harness"),
    SharedVariants: (FOLDER / "variants.schema.json", "Variants that all suites of the assistant harness share"),
}
"""For what a file describes its committed schema and that schema's title."""


def schema_of(kind: type) -> dict[str, Any]:
    """Return the schema of a file, draft 2020-12."""
    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema

    placeholder = {"type": "string", "pattern": r"\$\{|\{\{", "description": PLACEHOLDER}

    class SuiteSchema(GenerateJsonSchema):
        """Numbers and choices may also be placeholders: `${LIMIT:-0.5}`, `{{ price }}`."""

        def float_schema(self, schema: "core_schema.FloatSchema") -> dict[str, Any]:
            return {"anyOf": [super().float_schema(schema), placeholder]}

        def int_schema(self, schema: "core_schema.IntSchema") -> dict[str, Any]:
            return {"anyOf": [super().int_schema(schema), placeholder]}

        def literal_schema(self, schema: "core_schema.LiteralSchema") -> dict[str, Any]:
            return {"anyOf": [super().literal_schema(schema), placeholder]}

    with _described():
        schema = TypeAdapter(kind).json_schema(schema_generator=SuiteSchema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": SCHEMAS[kind][1]}


@contextmanager
def _described() -> Iterator[None]:
    """Let pydantic take descriptions from our docstrings: it parses the source for them, too slow for every start."""
    FORM["use_attribute_docstrings"] = True
    try:
        yield
    finally:
        del FORM["use_attribute_docstrings"]


def schema_text(kind: type) -> str:
    """Return a schema as it is committed."""
    import json

    return json.dumps(schema_of(kind), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for described, (path, _) in SCHEMAS.items():
        path.write_text(schema_text(described), encoding="utf-8")
