"""The case-file reference, made of the schemas. `python -m harness.casefile.reference` writes `docs/cases.md`."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.casefile.reference_examples import EXAMPLES
from harness.casefile.schema import PLACEHOLDER, schema_of
from harness.model.facts import TEXT_FACT
from harness.model.promptfoo import NOT, PROMPTFOO
from harness.model.suite import Suite
from harness.model.variants import EXCLUDE, FIELDS, SharedVariants

PATH = Path(__file__).parents[2] / "docs" / "cases.md"
"""The committed file; a checkout has it, an installed package has not."""
_HEAD = """\
# Case files

Made by `python -m harness.casefile.reference` of the same classes that read suites: change those, not this file.

A suite is a `*.yaml` file below `cases/`. Hidden files and folders are passed over; `cases/variants.yaml` is no suite.
An unknown key is an error with its line, and with the key that was probably meant. `harness validate` checks suites
without a run. Editors check them while you type, by the first line:

```yaml
# yaml-language-server: $schema=../suite.schema.json
cases:
  - id: hello
    prompt: Are you there?
```

`harness schema > suite.schema.json` writes the schema; name that file there.

- `${NAME}` and `${NAME:-default}` in a text stand for variables of the environment or `.env`; `$${` is a plain `${`.
- A *text or file* is text, or `{file: path}` with a path relative to the suite.
- YAML reads `yes`, `1.10` and `2026-08-26` as no text. Where text is wanted they are refused, or kept as written.
- Where no default stands, the key is needed. `none` means that nothing is set; the last column says what follows.
"""
_GROUPS: tuple[tuple[str, str, str], ...] = (
    ("Suite", "Suite", "The top of the file."),
    ("Assistant", "`assistant`", ""),
    ("FunctionTool", "A function in `tools`", ""),
    ("FunctionChoice", "`tool_choice` as a mapping", ""),
    ("HostedPrompt", "`assistant.prompt`", ""),
    ("Variant", "A variant in `variants`", "More in [variants.md](variants.md)."),
    ("Matrix", "`matrix`", ""),
    ("SharedVariants", "`cases/variants.yaml`", ""),
    ("Case", "A case in `cases`", "One prompt, or `turns`."),
    ("CaseTurn", "A turn in `turns`", ""),
    ("CoStarParts", "A prompt as `costar`", "In the place of a text, `prompt: {costar: {...}}`; each part is needed."),
    ("FunctionOutput", "An output in `functions`", ""),
    ("ExpectedCall", "A call in `expected_calls`", ""),
    ("Xfail", "`xfail`", ""),
)
_FACTS = (
    "Text", "Number", "Date", "Listed", "Sql", "Regex", "JsonPath", "MaxWords", "Language", "AnyOf", "AllOf", "Not",
)  # fmt: skip
_FACTS_HEAD = """\
## Facts

`expected_facts` is a list. A plain text is a fact, and so is a mapping with one of the keys below. How each is looked
for in an answer stands in [scoring.md](scoring.md#facts)."""
_LONG_TEXT = "text or file"
_ANYTHING = "anything"
_NAMES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "array": "list"}
_BLOCKS = {
    "CoStar": "`costar`",
    "FunctionTool": "function",
    "FunctionChoice": "function",
    "FunctionOutput": "output",
    "ExpectedCall": "call",
    "Case": "case",
    "CaseTurn": "turn",
    "Variant": "variant",
}
"""What a mapping of a class is called; any other one: a mapping."""


def reference() -> str:
    """Return the reference as it is committed, Markdown."""
    suite = schema_of(Suite)
    shared = schema_of(SharedVariants)
    blocks = {**shared["$defs"], **suite["$defs"], "Suite": suite, "SharedVariants": shared, "Matrix": _matrix(suite)}
    sections = [_HEAD.rstrip()]
    sections += ["\n\n".join(_section(name, f"## {title}", blocks[name], note)) for name, title, note in _GROUPS]
    sections += [_FACTS_HEAD]
    sections += ["\n\n".join(_section(name, f"### `{_key(blocks[name])}`", blocks[name], "")) for name in _FACTS]
    return "\n\n".join([*sections, _promptfoo()]) + "\n"


def _section(name: str, title: str, block: Mapping[str, Any], note: str) -> Iterator[str]:
    yield title
    said = " ".join(part for part in (_one_line(block["description"]), note) if part)
    yield said
    rows = ["| key | type | default | |", "|---|---|---|---|"]
    needed = block.get("required", ())
    for key, field in block["properties"].items():
        default = "" if key in needed else _default(field)
        rows.append(f"| `{key}` | {_cell(_type(field))} | {_cell(default)} | {_cell(field['description'])} |")
    yield "\n".join(rows)
    if name in EXAMPLES:
        yield f"```yaml\n{EXAMPLES[name].strip()}\n```"


def _matrix(suite: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the matrix as a table: its schema lists every field of a variant as a dimension."""
    block = suite["properties"]["matrix"]["anyOf"][0]
    named = {"type": "object", "description": "A dimension of any other name: what each of its values changes."}
    listed = ", ".join(f"`{name}`" for name in FIELDS)
    field = {
        "anyOf": [{"type": "array"}, {"type": "object"}],
        "description": f"A dimension named by a variant's key ({listed}): its values, or what each named one changes.",
    }
    return {
        "description": "Dimensions whose values are combined, each combination a variant.",
        "properties": {
            "a variant's key": {**field, "default": None},
            "any name": {**named, "default": None},
            EXCLUDE: {**block["properties"][EXCLUDE], "default": []},
        },
    }


def _key(block: Mapping[str, Any]) -> str:
    """Return the key that tells this kind of fact from the others: the one it can't do without."""
    return str(block["required"][0])


def _type(field: Mapping[str, Any]) -> str:
    *most, last = dict.fromkeys(_kinds(field))
    return f"{', '.join(most)} or {last}" if most else last


def _kinds(field: Mapping[str, Any]) -> Iterator[str]:
    """Return each form that a value may have, in words."""
    choices = field.get("anyOf") or field.get("oneOf")
    if choices:
        yield from _choices(choices)
    elif "enum" in field:
        yield from (f"`{value}`" for value in field["enum"])
    elif "const" in field:
        yield f"`{field['const']}`"
    elif "$ref" in field:
        yield _block(field["$ref"].rsplit("/", 1)[-1])
    elif field.get("items"):
        yield f"list of {_plural(_type(field['items']))}"
    else:
        yield _mapping(field) if field.get("type") == "object" else _NAMES.get(str(field.get("type")), _ANYTHING)


def _choices(choices: list[dict[str, Any]]) -> Iterator[str]:
    if any(choice.get("description") == TEXT_FACT for choice in choices):
        yield "fact"
        return
    has_file = any(_is_file(choice) for choice in choices)
    for choice in choices:
        if has_file and choice.get("type") == "string":
            yield _LONG_TEXT
        elif not (_is_file(choice) or choice.get("type") == "null" or choice.get("description") == PLACEHOLDER):
            yield from _kinds(choice)


def _is_file(choice: Mapping[str, Any]) -> bool:
    return list(choice.get("properties", ())) == ["file"]


def _mapping(field: Mapping[str, Any]) -> str:
    values = field.get("additionalProperties")
    if EXCLUDE in field.get("properties", ()):
        return "mapping of dimensions"
    inner = _type(values) if isinstance(values, dict) else _ANYTHING
    return "mapping" if inner == _ANYTHING else f"mapping of names to {_plural(inner)}"


def _block(name: str) -> str:
    return "fact" if name in _FACTS else _BLOCKS.get(name, "mapping")


def _plural(name: str) -> str:
    return re.sub(r"\b(text|mapping|fact|case|turn|call|variant|output|function)\b", r"\1s", name)


def _default(field: Mapping[str, Any]) -> str:
    if "default" not in field:
        return "none"
    value = field["default"]
    if value is None:
        return "none"
    if value == "":
        return "empty"
    return f"`{json.dumps(value, ensure_ascii=False)}`" if not isinstance(value, str) else f"`{value}`"


def _promptfoo() -> str:
    names = ", ".join(f"`{name}`" for name in PROMPTFOO)
    example = EXAMPLES["promptfoo"].strip()
    return (
        "### As promptfoo spells it\n\n"
        f"Also understood, as `{{type: NAME, value: ...}}` or `{{NAME: ...}}`, each with `{NOT}` before it as well:\n"
        f"{names}.\n\n```yaml\n{example}\n```"
    )


def _one_line(text: str) -> str:
    return re.sub(r"\bNone\b", "none", " ".join(text.split()))


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


if __name__ == "__main__":
    PATH.write_text(reference(), encoding="utf-8")
