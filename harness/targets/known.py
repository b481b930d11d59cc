"""The protocols by their names, and what either can run."""

from collections.abc import Mapping

from harness.errors import ConfigError
from harness.model.plan import Planned
from harness.model.suite import TargetName
from harness.targets.assistants import AssistantsTarget
from harness.targets.responses import ResponsesTarget
from harness.targets.target import Target

TARGETS: Mapping[TargetName, Target] = {"assistants": AssistantsTarget(), "responses": ResponsesTarget()}
"""They hold no state: one of each serves all runs."""


def check_assistant(planned: Planned) -> None:
    """Refuse an assistant that exists in the other protocol only.

    Raises:
        ConfigError: There is no such thing in this one; the hint says how to go on.
    """
    assistant = planned.assistant
    if planned.target == "responses" and assistant.id is not None:
        raise ConfigError(
            f"`assistant.id` is {assistant.id}, and the Responses API has no assistants",
            where=planned.suite,
            hint=f"`harness migrate {planned.suite}` writes a variant that says what the assistant says: its model and "
            "instructions, or `prompt: {id: pmpt_...}`",
        )
    if planned.target == "assistants" and assistant.prompt is not None:
        raise ConfigError(
            f"`prompt` is {assistant.prompt.id}, and the Assistants API has no prompts",
            where=planned.suite,
            hint="run it by --harness-target responses, or describe the assistant by its model and instructions",
        )
