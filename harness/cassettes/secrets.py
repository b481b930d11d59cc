"""Nothing secret reaches a file."""

from collections.abc import Iterable
from urllib.parse import quote

from harness.errors import CassetteError

LONG_ENOUGH = 12
"""Shorter values, such as `EMPTY` or `ollama`, are also plain words: they are looked for in URLs only."""


def refuse_secrets(text: str, secrets: Iterable[str], where: str) -> None:
    """Refuse to go on with text that holds a secret.

    Args:
        text: What is about to be written.
        secrets: Values that must not be in it, in no usual encoding.
        where: The file it was meant for.

    Raises:
        CassetteError: One of them is. The message names no part of it.
    """
    for secret in secrets:
        if len(secret) >= LONG_ENOUGH and any(form in text for form in _forms(secret)):
            raise CassetteError(
                "the recording would hold the value of a secret from the environment or .env; it was not written",
                where=where,
                hint="the assistant, a document or a prompt repeats it: take it out there, then record again",
            )


def _forms(secret: str) -> set[str]:
    import base64
    import json

    encoded = secret.encode()
    bare = base64.b64encode(encoded).decode().rstrip("=")
    return {
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        bare,
        base64.urlsafe_b64encode(encoded).decode().rstrip("="),
    }
