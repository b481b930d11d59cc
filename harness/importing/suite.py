"""From a draft to the text of a suite, as its author would have written it."""

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import yaml

from harness.importing.draft import CaseDraft, Left, SuiteDraft
from harness.importing.facts import slug, unique

Kind = TypeVar("Kind")
_WIDTH = 118
_SHORT = 88
"""Characters of a list or mapping that stands on one line."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_FOLDABLE = re.compile(r"[^\s:#'\"`&*!|>%@{}\[\],?-][^\n:#]*")


def suite_text(draft: SuiteDraft) -> str:
    """Return a suite as YAML, with what could not be carried over as comments."""
    common = _common([case.documents for case in draft.cases], ())
    system = _common([case.system for case in draft.cases], "") if "instructions" not in draft.assistant else ""
    lines = [f"# Imported from {_line(draft.file)} ({draft.kind})."]
    lines += _comments(draft.left_of(""), "# ")
    head: dict[str, Any] = {"documents": list(common)} if common else {}
    assistant = {**draft.assistant, **({"instructions": system} if system else {})}
    assistant = {key: assistant[key] for key in sorted(assistant, key=_rank)}
    head |= {"assistant": assistant} if assistant else {}
    if not common and not any(case.documents for case in draft.cases):
        head["min_groundedness"] = 0
    head |= {"variants": draft.variants} if draft.variants else {}
    head |= {"matrix": draft.matrix} if draft.matrix else {}
    for key, value in head.items():  # one by one: each begins a line, however short it is
        lines += _yaml(_Top({key: value})).splitlines()
    lines += ["", "cases:"]
    ids: list[str] = []
    for number, case in enumerate(draft.cases, start=1):
        ids.append(unique(slug(case.title) or f"case-{number}", ids))
        lines += _comments(draft.left_of(case.test), "  # ")
        lines += [f"  {line}" if line else "" for line in _yaml([_case(case, ids[-1], common, system)]).splitlines()]
    return "\n".join(lines) + "\n"


def _common(values: Sequence[Kind], nothing: Kind) -> Kind:
    """Return the value that more than half of the cases have."""
    value, count = Counter(values).most_common(1)[0] if values else (nothing, 0)
    return value if 2 * count > len(values) else nothing


def _rank(key: str) -> int:
    """Order an assistant's settings as people write them; those between stay as they come."""
    return {"id": 0, "model": 1, "instructions": 3, "tools": 4, "tool_choice": 5}.get(key, 2)


def _case(case: CaseDraft, name: str, common: tuple[str, ...], system: str) -> dict[str, Any]:
    prompts = list(case.prompts)
    if case.system and case.system != system:
        prompts[0] = f"{case.system}\n\n{prompts[0]}"
    demands: dict[str, Any] = {"expect": case.expect} if case.expect else {}
    demands |= {"expected_facts": case.facts} if case.facts else {}
    demands |= {} if case.min_groundedness is None else {"min_groundedness": case.min_groundedness}
    data: dict[str, Any] = {"id": name}
    if len(prompts) == 1:
        data |= {"prompt": prompts[0], **demands}
    else:
        last = {"prompt": prompts[-1], **(demands if "expected_facts" in demands else {"expect": "answer", **demands})}
        data["turns"] = [*({"prompt": prompt} for prompt in prompts[:-1]), last]
    data |= {"documents": list(case.documents)} if case.documents and case.documents != common else {}
    return data | ({"tags": list(case.tags)} if case.tags else {})


def _comments(left: Sequence[Left], sign: str) -> Iterator[str]:
    for one in left:
        text = _line(f"not carried over: {one.what}: {one.why}")
        yield from textwrap.wrap(text, _WIDTH, initial_indent=sign, subsequent_indent=f"{sign}  ")


def _line(text: str) -> str:
    return _CONTROL.sub(" ", text)


class _Top(dict[str, Any]):
    """A mapping that never stands on one line."""


class _Dumper(yaml.SafeDumper):
    """Blocks for long texts, one line for short lists, lists indented."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002 - its own signature
        return super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - its own signature
        return True


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    # A suite fills in `${NAME}`; what was imported meant the characters.
    escaped = text.replace("${", "$${").encode("utf-8", "replace").decode("utf-8")
    style = None
    if "\n" in escaped:
        escaped = "\n".join(line.rstrip() for line in escaped.replace("\r\n", "\n").split("\n"))
        style = "|"
    elif len(escaped) > _SHORT and _FOLDABLE.fullmatch(escaped) and "  " not in escaped and escaped == escaped.strip():
        style = ">"
    return dumper.represent_scalar("tag:yaml.org,2002:str", escaped, style=style)


def _is_short(node: yaml.CollectionNode) -> bool:
    parts: list[yaml.Node] = []
    for item in node.value:
        parts += item if isinstance(item, tuple) else (item,)
    length = 0
    for part in parts:
        if isinstance(part, yaml.CollectionNode) and not part.flow_style:
            return False
        if isinstance(part, yaml.ScalarNode) and part.style in {"|", ">"}:
            return False
        length += _length(part)
    return length <= _SHORT


def _length(node: yaml.Node) -> int:
    if isinstance(node, yaml.CollectionNode):
        return 2 + sum(sum(map(_length, item)) if isinstance(item, tuple) else _length(item) for item in node.value)
    return len(node.value) + 2


def _list_node(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    node = dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=False)
    is_texts = all(isinstance(item, yaml.ScalarNode) for item in node.value)
    node.flow_style = (is_texts or len(node.value) == 1) and _is_short(node)
    return node


def _mapping_node(dumper: yaml.SafeDumper, data: Mapping[str, Any]) -> yaml.Node:
    node = dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=False)
    is_fact = not {"id", "prompt", "documents", "assistant", "variants", "matrix", "model", "turns"} & set(data)
    node.flow_style = is_fact and not isinstance(data, _Top) and _is_short(node)
    return node


_Dumper.add_representer(str, _text_node)
_Dumper.add_representer(list, _list_node)
_Dumper.add_representer(dict, _mapping_node)
_Dumper.add_representer(_Top, _mapping_node)


def _yaml(data: Any) -> str:
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
