"""What a client hands in for the functions that a run waits for."""

from collections.abc import Sequence

from harness.server.runlog import RunLog
from harness.server.wire import ApiError, Json


def check_outputs(log: RunLog, outputs: Sequence[Json]) -> None:
    """Hold that outputs are for exactly the calls that a run waits for.

    Raises:
        ApiError: 400 where they are not.
    """
    for number, output in enumerate(outputs):
        if output.get("tool_call_id") is None:
            param = f"tool_outputs[{number}].tool_call_id"
            message = f"Missing required parameter: '{param}'."
            raise ApiError(400, message, param=param, code="missing_required_parameter")
    action = log.run["required_action"] or {}
    wanted = [call["id"] for call in action["submit_tool_outputs"]["tool_calls"]]
    got = [output["tool_call_id"] for output in outputs]
    if sorted(wanted) != sorted(got):
        raise ApiError(400, f"Expected tool outputs for call_ids {wanted}, got {got}", param="tool_outputs")


def submit_outputs(log: RunLog, outputs: Sequence[Json]) -> None:
    """Take the outputs of all functions that a run waits for, and let it go on.

    Args:
        log: The run.
        outputs: Such as `check_outputs` has held to be right.
    """
    given = {output["tool_call_id"]: output.get("output") or "" for output in outputs}
    step = next(step for step in reversed(log.steps()) if step["status"] == "in_progress")
    calls = [
        {**call, "function": {**call["function"], "output": given[call["id"]]}}
        for call in step["step_details"]["tool_calls"]
    ]
    log.end_step(step, step_details={"type": "tool_calls", "tool_calls": calls})
    log.move("queued")
    log.submitted.set()
