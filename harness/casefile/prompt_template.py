"""Prompt templates of variants: a small part of jinja2, whose time and output are bounded whoever wrote them.

There are no loops, no assignments, no calls and no `*`: with these a line of text could keep a machine busy for a year.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.casefile.sandbox import sandbox
from harness.config import did_you_mean
from harness.model.plan import Planned

if TYPE_CHECKING:  # annotations only: most suites have no template
    from jinja2 import Environment, Template, nodes

__all__ = ["MAX_TEXT", "check_template", "render_prompts"]

MAX_TEXT = 100_000
"""Characters that a template, a prompt put into one, and what comes of it may have."""
MAX_PARTS = 1_000
"""Parts (texts, names, operators) that a template may have."""
MAX_NAMES = 100
"""Names that it may use, each time counted: each stands for up to `MAX_TEXT` characters."""
NAMES = ("prompt", "case", "turn", "turns")
"""What a template may use."""
CASE = ("id", "tags")
"""What of the case it may use."""
FILTERS = ("capitalize", "default", "first", "join", "last", "length", "lower", "title", "trim", "truncate", "upper")
"""Filters whose output is about as long as their input."""
_PARTS = set(
    "Template Output TemplateData Name Const Getattr If CondExpr Compare Operand And Or Not Add Sub Concat Neg Test "  # noqa: SIM905 - one a line would fill a page
    "Filter List Tuple Keyword".split()
)
_WORDS = {"For": "`for`", "Assign": "`set`", "AssignBlock": "`set`", "Call": "a call", "Mul": "`*`", "Mod": "`%`"}


def check_template(text: str) -> str | None:
    """Return what is wrong with a template, or None."""
    if len(text) > MAX_TEXT:
        return f"has more than {MAX_TEXT:,} characters"
    try:
        wrong = next(_wrong(_environment().parse(text)), None)
        _ = wrong or _template(text)  # what is not allowed is not even compiled
    except Exception as error:  # noqa: BLE001 - it is its author's program: anything can be raised in reading it
        line = getattr(error, "lineno", None)
        return f"is no template: {error or type(error).__name__}" + (f" (line {line} of it)" if line else "")
    return wrong


def render_prompts(text: str, planned: Planned) -> tuple[str, ...]:
    """Return the prompts that a checked template makes of a case's, one a turn.

    Raises:
        ValueError: One of them cannot be made, is empty or too long; with its turn.
    """
    template = _template(text)
    conversation = planned.case.conversation
    told = {"id": planned.case.id, "tags": planned.tags}
    return tuple(
        _rendered(template, {"prompt": one.text, "case": told, "turn": turn, "turns": len(conversation)})
        for turn, one in enumerate(conversation, start=1)
    )


def _rendered(template: "Template", context: Mapping[str, Any]) -> str:
    where = f"turn {context['turn']}: " if context["turns"] > 1 else ""
    if len(context["prompt"]) > MAX_TEXT:
        raise ValueError(f"{where}the prompt has more than {MAX_TEXT:,} characters")
    try:
        text = template.render(context)
    except Exception as error:  # noqa: BLE001 - it is its author's program: anything can be raised in it
        raise ValueError(f"{where}can't be filled in: {error}") from None
    if not text.strip():
        raise ValueError(f"{where}the prompt comes out empty")
    if len(text) > MAX_TEXT:
        raise ValueError(f"{where}the prompt comes out longer than {MAX_TEXT:,} characters")
    return text


@cache
def _environment() -> "Environment":
    # A line that holds a tag alone leaves no empty line behind.
    environment = sandbox(trim_blocks=True, lstrip_blocks=True)
    environment.filters = {name: environment.filters[name] for name in FILTERS} | {"join": _join}
    return environment


@cache
def _template(text: str) -> "Template":
    return _environment().from_string(text)


def _join(values: Sequence[str], between: str = "") -> str:
    # jinja2's own would also join the letters of a text by another text, and so multiply them.
    if isinstance(values, str):
        raise TypeError("`join` is for a list, such as `case.tags`")
    return str(between).join(str(value) for value in values)


def _wrong(tree: "nodes.Template") -> Iterator[str]:
    """Return what is wrong with a template, walking it without recursion."""
    names, waiting = list[str](), list["nodes.Node"]([tree])
    for at, node in enumerate(_nodes(waiting)):
        if at >= MAX_PARTS:
            yield f"has more than {MAX_PARTS:,} parts"
            return
        problem = _not_allowed(node)
        if problem is not None:
            yield problem
        names += [node.name] if type(node).__name__ == "Name" else []  # type: ignore[attr-defined]
    if len(names) > MAX_NAMES:
        yield f"uses names more than {MAX_NAMES} times"
    if "prompt" not in names:
        yield "never uses `prompt`, so all cases would ask the same: write {{ prompt }}"


def _nodes(waiting: "list[nodes.Node]") -> "Iterator[nodes.Node]":
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(list(node.iter_child_nodes()))


def _not_allowed(node: Any) -> str | None:
    kind = type(node).__name__
    if kind == "Name" and node.name not in NAMES:
        return f"there is no `{node.name}`{did_you_mean(node.name, NAMES) or ';'} names: {', '.join(NAMES)}"
    if kind == "Getattr" and not (getattr(node.node, "name", None) == "case" and node.attr in CASE):
        return f"`.{node.attr}` is not known{did_you_mean(node.attr, CASE) or ';'} allowed: case.id, case.tags"
    if kind == "Filter" and node.name not in FILTERS:
        return (
            f"the filter `{node.name}` is not allowed{did_you_mean(node.name, FILTERS) or ';'} allowed: "
            + ", ".join(FILTERS)
        )
    if kind not in _PARTS:
        shown = _WORDS.get(kind, kind.lower())
        return f"{shown} is not allowed in a prompt template: it has text, {{{{ ... }}}}, `if` and filters"
    return None
