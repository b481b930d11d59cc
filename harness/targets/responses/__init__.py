"""The Responses API protocol, the hosted successor of the Assistants API."""

from harness.targets.responses.target import ResponsesTarget

__all__ = ["ResponsesTarget"]
