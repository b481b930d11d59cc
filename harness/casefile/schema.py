"""The JSON Schema of a suite, for editors. `python -m harness.casefile.schema` writes it anew."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.casefile.load import adapter

if TYPE_CHECKING:
    from pydantic_core import core_schema

SCHEMA_FILE = Path(__file__).parent.parent / "suite.schema.json"
"""The committed schema."""


def suite_schema() -> dict[str, Any]:
    """Return the schema of a suite, draft 2020-12."""
    from pydantic.json_schema import GenerateJsonSchema

    placeholder = {"type": "string", "pattern": r"\$\{|\{\{", "description": "Filled in by a variable or a column."}

    class SuiteSchema(GenerateJsonSchema):
        """Numbers and choices may also be placeholders: `${LIMIT:-0.5}`, `{{ price }}`."""

        def float_schema(self, schema: "core_schema.FloatSchema") -> dict[str, Any]:
            return {"anyOf": [super().float_schema(schema), placeholder]}

        def int_schema(self, schema: "core_schema.IntSchema") -> dict[str, Any]:
            return {"anyOf": [super().int_schema(schema), placeholder]}

        def literal_schema(self, schema: "core_schema.LiteralSchema") -> dict[str, Any]:
            return {"anyOf": [super().literal_schema(schema), placeholder]}

    schema = adapter().json_schema(schema_generator=SuiteSchema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A suite of the assistant harness",
    }


def schema_text() -> str:
    """Return the schema as it is committed."""
    import json

    return json.dumps(suite_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
