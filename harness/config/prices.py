"""What tokens cost: a table that the project owns. A price that it does not hold is told, never guessed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from harness.config.project import Table, option, read_table
from harness.errors import ConfigError

MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """What a model's tokens cost."""

    prompt: float
    """A million prompt tokens."""
    completion: float
    """A million completion tokens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices:
    """A price table."""

    currency: str = "USD"
    models: Mapping[str, Price] = field(default_factory=dict)
    """By the model's name, or a pattern such as `my-model-*`; an exact name wins."""

    def cost(self, model: str | None, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Return what tokens cost in the table's currency; None where it does not hold the model."""
        price = self._price(model)
        if price is None:
            return None
        return (prompt_tokens * price.prompt + completion_tokens * price.completion) / MILLION

    def _price(self, model: str | None) -> Price | None:
        if model is None:
            return None
        if model in self.models:
            return self.models[model]
        fitting = [name for name in self.models if fnmatchcase(model, name)]
        return self.models[max(fitting, key=len)] if fitting else None


def find_prices(root: Path) -> Prices:
    """Read a project's price table, as `read_prices` does.

    Raises:
        ConfigError: The file is missing or no price table, or the project's settings cannot be used.
    """
    return read_prices(read_table(root), root)


def read_prices(table: Table, root: Path) -> Prices:
    """Read the table that `prices` of `[tool.harness]` names; an empty one where it names none.

    Raises:
        ConfigError: The file is missing or no price table.
    """
    if table.prices is None:
        return Prices()
    path = (root / table.prices).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ConfigError(f"found {table.prices!r}, wanted is a file inside the project", where=option("prices"))
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{table.prices} can't be read: {error.strerror}", where=option("prices")) from None
    except ValueError as error:
        raise ConfigError(f"is no TOML: {error}", where=table.prices) from None
    currency = data.get("currency", "USD")
    if not isinstance(currency, str):
        raise ConfigError(f"found {currency!r}, text is wanted", where=f"{table.prices}: currency")
    models = data.get("models", {})
    if not isinstance(models, dict) or data.keys() - {"currency", "models"}:
        hint = 'currency = "USD", then [models."my-model"] with prompt = 2.5 and completion = 10.0, a million tokens'
        raise ConfigError("only `currency` and `[models.NAME]` are allowed", where=table.prices, hint=hint)
    return Prices(currency=currency, models={name: _price(value, table.prices, name) for name, value in models.items()})


def _price(value: Any, file: str, name: str) -> Price:
    where = f'{file}: [models."{name}"]'
    if not isinstance(value, dict) or value.keys() != {"prompt", "completion"}:
        raise ConfigError("wanted are `prompt` and `completion`, the price of a million tokens", where=where)
    for key, number in value.items():
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < float("inf"):
            raise ConfigError(f"`{key}` is {number!r}, a number from 0 is wanted", where=where)
    return Price(**value)
