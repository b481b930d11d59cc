"""Where templates of a suite are filled in: nothing of Python's, nothing that is not defined."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # annotations only: most suites have no template
    from jinja2.sandbox import ImmutableSandboxedEnvironment


def sandbox(**options: Any) -> "ImmutableSandboxedEnvironment":
    """Return an environment that knows nothing but what a template is given, and jinja2's filters and tests."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, **options)
    environment.globals.clear()  # `range` and its like are no names of ours
    return environment
