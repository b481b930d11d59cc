"""The Assistants API protocol."""

from harness.targets.assistants.target import AssistantsTarget

__all__ = ["AssistantsTarget"]
