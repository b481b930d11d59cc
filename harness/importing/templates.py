"""Nunjucks templates, as far as jinja2 reads them: variables, filters, conditions."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.casefile.sandbox import sandbox

if TYPE_CHECKING:  # annotations only: an import of plain questions needs no templates
    from jinja2 import Environment

MAX_TEXT = 100_000
"""Characters that one filled-in text may have."""
_PLAIN = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}")


def is_template(text: str) -> bool:
    """Tell whether a text has anything to fill in."""
    return "{{" in text or "{%" in text


def plain_names(text: str) -> list[str] | None:
    """Return the variables of a template that does nothing but name them, in order; None where it does more."""
    rest = _PLAIN.sub("", text)
    return None if is_template(rest) or "{#" in rest else _PLAIN.findall(text)


def put(text: str, name: str, value: str) -> str:
    """Return a template with one variable's place taken by a text."""
    return _PLAIN.sub(lambda found: value if found[1] == name else found[0], text)


def fill(text: str, values: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Fill in a template.

    Returns:
        The text, and the names that have no value: as in promptfoo, nothing stands in their place.

    Raises:
        ValueError: It cannot be filled in.
    """
    if not is_template(text):
        return text, []
    from jinja2.meta import find_undeclared_variables

    try:
        missing = sorted(find_undeclared_variables(_environment().parse(text)) - set(values))
        filled = _environment().from_string(text).render({**dict.fromkeys(missing, ""), **values})
    except Exception as error:  # noqa: BLE001 - a template is its author's program: anything can be raised in it
        raise ValueError(f"the template can't be filled in: {error or type(error).__name__}") from None
    if len(filled) > MAX_TEXT:
        raise ValueError(f"has more than {MAX_TEXT:,} characters once it is filled in")
    return filled, missing


def shown(value: Any) -> Any:
    """Return what a value looks like in a text: lists and mappings as JSON, `true` as it is written there."""
    if isinstance(value, dict | list | bool):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value


@cache
def _environment() -> "Environment":
    environment = sandbox(keep_trailing_newline=True, finalize=shown)
    environment.filters["dump"] = lambda value, indent=None: json.dumps(value, ensure_ascii=False, indent=indent)
    environment.filters["load"] = json.loads
    return environment
