import dataclasses
from pathlib import Path
from typing import Any

import pytest
from casefile_support import WHOLE

from harness.casefile.schema import SCHEMA_FILE, schema_text, suite_schema
from harness.casefile.translate import BLOCKS, allowed_keys
from harness.casefile.yaml_reader import read_yaml
from harness.model.suite import Suite


def test_the_committed_schema_is_that_of_the_models() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run `python -m harness.casefile.schema`"


def test_every_field_is_described() -> None:
    schema = suite_schema()
    bare = [
        f"{name}.{key}"
        for name, block in {"Suite": schema, **schema["$defs"]}.items()
        for key, field in block["properties"].items()
        if "description" not in field
    ]
    assert bare == []


def test_every_block_of_the_schema_can_name_its_allowed_keys() -> None:
    schema = suite_schema()
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
    jsonschema.Draft202012Validator(suite_schema()).validate(data)
