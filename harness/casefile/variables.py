"""Fill in `${NAME}` in the texts of a suite."""

from collections.abc import Mapping
from typing import Any

from harness.casefile.problems import Problem, ValuePath
from harness.config import MalformedPlaceholder, UnsetVariable, expand


def fill_variables(data: Any, environ: Mapping[str, str], problems: list[Problem], path: ValuePath = ()) -> Any:
    """Return the data with all variables filled in; a text whose variable is not set is reported and stays."""
    if isinstance(data, dict):
        return {key: fill_variables(value, environ, problems, (*path, key)) for key, value in data.items()}
    if isinstance(data, list):
        return [fill_variables(value, environ, problems, (*path, index)) for index, value in enumerate(data)]
    if not isinstance(data, str):
        return data
    try:
        return expand(data, environ)
    except UnsetVariable as error:
        name = error.args[0]
        text = f"the variable {name} is not set; set it (the environment or .env), or give a default: ${{{name}:-...}}"
    except MalformedPlaceholder as error:
        text = f"found {error.args[0]!r}, wanted is ${{NAME}} or ${{NAME:-default}}; `$${{` stands for `${{` itself"
    problems.append(Problem(path=path, text=text))
    return data
