"""The built-in stand-in models. They are not language models, and say so."""

from collections.abc import Mapping

from harness.server.models.eager import Eager
from harness.server.models.extractive import Extractive
from harness.server.models.interface import BuiltInModel

__all__ = ["BUILT_IN"]

BUILT_IN: Mapping[str, BuiltInModel] = {model.name: model for model in (Extractive(), Eager())}
"""The models that need no file and no endpoint, by name."""
