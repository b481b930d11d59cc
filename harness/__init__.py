"""An evaluation and testing harness for assistants that answer from documents."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # at run time they are imported when they are asked for: `import harness` stays light
    from harness.errors import HarnessError
    from harness.results import load_results

__all__ = ["HarnessError", "load_results"]

_HOMES = {"HarnessError": "harness.errors", "load_results": "harness.results"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
