"""The environment: `.env`, `${NAME}` in texts, and which of its values are secret."""

import re
from collections.abc import Mapping
from pathlib import Path

from harness.errors import ConfigError

_PLACEHOLDER = re.compile(r"\$\$\{|\$\{(?P<inside>[^}]*)(?P<end>\})?")
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<fallback>:-(?P<default>.*))?", re.DOTALL)
_SECRET = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$|^OPENAI_(ORG(_ID|ANIZATION)|PROJECT(_ID)?)$", re.IGNORECASE)


class UnsetVariable(LookupError):
    """A text asks for a variable that is not set and gives no default. Its argument is the variable's name."""


class MalformedPlaceholder(ValueError):
    """A text holds `${` but no `${NAME}`. Its argument is what it holds."""


def read_dotenv(root: Path) -> Mapping[str, str]:
    """Read `.env` of the project; nothing where there is none. The process's environment stays as it is.

    Raises:
        ConfigError: It is not UTF-8.
    """
    path = root / ".env"
    if not path.is_file():
        return {}
    from dotenv import dotenv_values

    try:
        # Interpolation would look into os.environ, which is not ours to read here.
        values = dotenv_values(path, interpolate=False, encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"is not UTF-8: {error.reason} at byte {error.start}", where=".env") from None
    return {name: value for name, value in values.items() if value is not None}


def secrets(*environments: Mapping[str, str]) -> frozenset[str]:
    """Return the values of all variables whose name ends in KEY, TOKEN, SECRET or PASSWORD, or names an account."""
    pairs = (pair for environment in environments for pair in environment.items())
    return frozenset(value for name, value in pairs if value.strip() and _SECRET.search(name))


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Fill in `${NAME}` and `${NAME:-default}`; `$${` stands for `${` itself, and any other `$` for itself.

    The default also takes the place of an empty value, as in a shell.

    Raises:
        UnsetVariable: A variable without default is not set.
        MalformedPlaceholder: A `${` is not closed, or holds no name.
    """

    def fill(match: re.Match[str]) -> str:
        if match["inside"] is None:
            return "${"
        inside = _INSIDE.fullmatch(match["inside"])
        if match["end"] is None or inside is None:
            raise MalformedPlaceholder(match[0][:40])
        if inside["fallback"]:
            return environ.get(inside["name"]) or inside["default"]
        if inside["name"] not in environ:
            raise UnsetVariable(inside["name"])
        return environ[inside["name"]]

    return _PLACEHOLDER.sub(fill, text)
