import dataclasses
from pathlib import Path
from typing import Any

import pytest
from casefile_support import WHOLE

from harness.casefile.schema import SCHEMAS, schema_of, schema_text
from harness.casefile.translate import BLOCKS, allowed_keys
from harness.casefile.yaml_reader import read_yaml
from harness.model.suite import Suite


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_committed_schema_is_that_of_the_models(kind: type) -> None:
    path, _ = SCHEMAS[kind]
    assert path.read_text(encoding="utf-8") == schema_text(kind), "run `python -m harness.casefile.schema`"


def test_every_field_is_described() -> None:
    schema = schema_of(Suite)
    bare = [
        f"{name}.{key}"
        for name, block in {"Suite": schema, **schema["$defs"]}.items()
        for key, field in block["properties"].items()
        if "description" not in field
    ]
    assert bare == []


def test_every_block_of_the_schema_can_name_its_allowed_keys() -> None:
    schema = schema_of(Suite)
    blocks = {kind.__name__: kind for kind in (*BLOCKS.values(), Suite)}
    assert set(blocks) >= set(schema["$defs"]) - {"Text"}
    for name, kind in blocks.items():
        keys = {field.name.rstrip("_") for field in dataclasses.fields(kind)}
        assert keys == set((schema if name == "Suite" else schema["$defs"][name])["properties"])


@pytest.mark.parametrize(
    ("location", "key"),
    [((), "cases"), (("cases", 0), "turns"), (("cases", 0, "turns", 1), "expect"), (("variants", "a"), "top_p"),
     (("cases", 0, "expected_facts", 1, "@not"), "not"), (("cases", 0, "prompt", "@costar", "costar"), "tone")],
)  # fmt: skip
def test_allowed_keys_are_those_of_the_place(location: tuple[str | int, ...], key: str) -> None:
    assert key in allowed_keys(location)


def test_a_suite_of_every_feature_fits_the_schema(tmp_path: Path) -> None:
    jsonschema: Any = pytest.importorskip("jsonschema")
    data = read_yaml(WHOLE, str(tmp_path)).data
    jsonschema.Draft202012Validator(schema_of(Suite)).validate(data)
