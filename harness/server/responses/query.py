"""What the query of a request says: what to include, where to go on, which page of a list."""

from collections.abc import Sequence
from typing import get_args

from openai.types.responses import ResponseIncludable
from starlette.requests import Request

from harness.server.store import Page
from harness.server.wire import ApiError, Json


def read_include(request: Request) -> frozenset[str]:
    """Return what the client wants to see besides.

    Raises:
        ApiError: 400 for what cannot be included.
    """
    # The package's clients write `include[]`, others `include`.
    given = [*request.query_params.getlist("include[]"), *request.query_params.getlist("include")]
    known = get_args(ResponseIncludable)
    for value in given:
        if value not in known:
            allowed = ", ".join(f"'{name}'" for name in known)
            message = f"Invalid value: '{value}'. Supported values are: {allowed}."
            raise ApiError(400, message, param="include", code="invalid_value")
    return frozenset(given)


def read_number(request: Request, name: str, default: int) -> int:
    """Return a whole number of the query.

    Raises:
        ApiError: 400 for what is none.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit():
        message = f"Invalid type for '{name}': expected an integer, but got '{text[:40]}' instead."
        raise ApiError(400, message, param=name, code="invalid_type")
    return int(text)


def page_of(items: Sequence[Json], page: Page) -> tuple[list[Json], bool] | None:
    """Return one page of items and whether more follow; None where `after` names none of them.

    Args:
        items: Oldest first.
        page: Which part is wanted.
    """
    ordered = list(items) if page.order == "asc" else list(reversed(items))
    if page.after is not None:
        identifiers = [item["id"] for item in ordered]
        if page.after not in identifiers:
            return None
        ordered = ordered[identifiers.index(page.after) + 1 :]
    return ordered[: page.limit], len(ordered) > page.limit
