"""`[tool.harness.judge]`: a model that judges beside the deterministic scorer, where it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.config.endpoint import Endpoint, resolve_endpoint
from harness.config.project import Table, option
from harness.config.spelling import did_you_mean
from harness.errors import ConfigError

_KEYS = ("model", "endpoint", "api_key_env", "timeout_s")


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeSettings:
    """Which model judges, and where it is."""

    model: str
    endpoint: Endpoint


def judge_of(table: Table, environ: Mapping[str, str], root: Path) -> JudgeSettings:
    """Return the judge that the project names.

    Raises:
        ConfigError: It names none, or a value that cannot be used.
    """
    judge = table.judge
    for key in judge:
        if key not in _KEYS:
            hint = f"allowed: {', '.join(_KEYS)}"
            raise ConfigError(f"unknown key{did_you_mean(key, _KEYS)}", where=option(f"judge.{key}"), hint=hint)
    named = replace(
        table,
        endpoint=_text(judge, "endpoint"),
        api_key_env=_text(judge, "api_key_env") if "api_key_env" in judge else None,
        headers={},
        timeout_s=_seconds(judge.get("timeout_s", table.timeout_s)),
    )
    # The environment names the endpoint under test and its key: a judge is another server, and gets its own key only.
    own = {name: environ[name] for name in (named.api_key_env,) if name is not None and environ.get(name)}
    try:
        endpoint = resolve_endpoint(None, own, named, root)
    except ConfigError as error:
        raise ConfigError(error.what, where=option("judge.endpoint"), hint=error.hint) from None
    if endpoint.is_embedded:
        hint = "name the base URL of a server with a language model, or `openai`"
        raise ConfigError("the embedded server's models can't judge", where=option("judge.endpoint"), hint=hint)
    return JudgeSettings(model=_text(judge, "model"), endpoint=endpoint)


def _text(judge: Mapping[str, Any], key: str) -> str:
    value = judge.get(key)
    if not isinstance(value, str) or not value.strip():
        what = "is missing" if value is None else f"found {value!r}, text is wanted"
        hint = 'for example: [tool.harness.judge] model = "my-model", endpoint = "http://localhost:8000/v1"'
        raise ConfigError(what, where=option(f"judge.{key}"), hint=hint)
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ConfigError(f"found {value!r}, a number above 0 is wanted", where=option("judge.timeout_s"))
    return float(value)
