"""Lists: which part is wanted, and how it is answered."""

from typing import Literal, cast

from starlette.requests import Request
from starlette.responses import JSONResponse

from harness.server.store import Page
from harness.server.wire import ApiError, Json


def read_page(request: Request, *, maximum: int = 100, default: int = 20) -> Page:
    """Return the page that a request's query asks for.

    Raises:
        ApiError: 400 for a limit or an order that there is not.
    """
    query = request.query_params
    order = query.get("order") or "desc"
    if order not in {"asc", "desc"}:
        message = f"Invalid value: '{order}'. Supported values are: 'asc' and 'desc'."
        raise ApiError(400, message, param="order", code="invalid_value")
    return Page(
        limit=_limit(query.get("limit"), maximum=maximum, default=default),
        order=cast("Literal['asc', 'desc']", order),
        after=query.get("after") or None,
        before=query.get("before") or None,
    )


def _limit(text: str | None, *, maximum: int, default: int) -> int:
    if text is None:
        return default
    try:
        limit = int(text)
    except ValueError:
        message = f"Invalid type for 'limit': expected an integer, but got '{text[:40]}' instead."
        raise ApiError(400, message, param="limit", code="invalid_type") from None
    if limit > maximum:
        message = f"Invalid 'limit': integer above maximum value. Expected a value <= {maximum}, but got {text[:40]}."
        raise ApiError(400, message, param="limit", code="integer_above_max_value")
    if limit < 1:
        message = f"Invalid 'limit': integer below minimum value. Expected a value >= 1, but got {text[:40]}."
        raise ApiError(400, message, param="limit", code="integer_below_min_value")
    return limit


def list_response(found: tuple[list[Json], bool] | None) -> JSONResponse:
    """Answer with a page of a list.

    Args:
        found: What `Store.page` returned.

    Raises:
        ApiError: 400 where the cursor names nothing in the list.
    """
    if found is None:
        raise ApiError(400, "Invalid cursor: 'after' or 'before' names no object of this list.", code="invalid_value")
    objects, has_more = found
    return JSONResponse(
        {
            "object": "list",
            "data": objects,
            "first_id": objects[0]["id"] if objects else None,
            "last_id": objects[-1]["id"] if objects else None,
            "has_more": has_more,
        }
    )
