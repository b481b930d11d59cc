"""What becomes of each field of the Assistants API in the Responses API, and what the target `responses` does about it.

The facts are those of OpenAI's public pages "Assistants migration guide", "Migrate to the Responses API", "Conversation
state", "File search", "Migrate from prompt objects" and "Deprecations", and of its public OpenAPI document.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["carries over", "changes", "is lost"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """What becomes of one field."""

    field: str
    """As suites name it; what no suite can set has the name that the protocol gives it."""
    kind: Kind
    """Whether it means the same afterwards."""
    now: str
    """What stands for it in the Responses API."""
    here: str = ""
    """What the target `responses` does about it; empty where that is plain."""


MOVES = (
    Move(
        field="id",
        kind="is lost",
        now="there are no assistants: a request says all of it, or names a prompt. Prompts are made in the dashboard "
        "only, are versioned, and are on their way out too (v1/prompts ends on 2026-11-30)",
        here="--write puts what the assistant says into the variant, so that it is reviewed with the suite",
    ),
    Move(
        field="name",
        kind="is lost",
        now="a response has no name",
        here="not sent; recordings and reports name the suite",
    ),
    Move(field="description", kind="is lost", now="a response has none", here="not sent"),
    Move(
        field="model",
        kind="carries over",
        now="`model` of each response; not every model that assistants had is still there (see Deprecations)",
    ),
    Move(
        field="instructions",
        kind="changes",
        now="`instructions` of each response; those of an earlier response are not taken over by the next one",
        here="sent with every turn",
    ),
    Move(
        field="run_instructions",
        kind="changes",
        now="there is nothing that they replace: a response has one `instructions`",
        here="sent as `instructions` instead of the assistant's",
    ),
    Move(
        field="additional_run_instructions",
        kind="changes",
        now="there is no such field",
        here="sent as the end of `instructions`, after a line break",
    ),
    Move(
        field="tools: file_search",
        kind="changes",
        now="the tool names its `vector_store_ids` itself (`tool_resources` is gone); what was found is told only on "
        "`include: [file_search_call.results]`. How many results there are where nobody says so is the server's "
        "choice, and need not be the same: set `max_num_results` to keep them alike",
        here="both are sent",
    ),
    Move(
        field="tools: retrieval",
        kind="changes",
        now="the name of `file_search` before 2024; unknown today",
        here="read as `file_search`",
    ),
    Move(
        field="tools: functions",
        kind="changes",
        now="a flat definition; calls and outputs are items: a response ends with `function_call`, the next request "
        "brings `function_call_output` (no `requires_action`, no `submit_tool_outputs`). `strict` is on unless it "
        "is said to be off",
        here="outputs are handed back in the same loop; `strict` is always sent, off where the suite is silent",
    ),
    Move(
        field="tools: code_interpreter",
        kind="changes",
        now="the tool wants a `container`, which holds its files and ends when it is not used",
        here="not sent: a suite has no such tool; a prompt may have it",
    ),
    Move(field="tool_choice", kind="changes", now="a forced function is named flat: `{type: function, name: ...}`"),
    Move(field="parallel_tool_calls", kind="carries over", now="`parallel_tool_calls` of each response"),
    Move(
        field="temperature", kind="carries over", now="`temperature` of each response; some reasoning models refuse it"
    ),
    Move(field="top_p", kind="carries over", now="`top_p` of each response; some reasoning models refuse it"),
    Move(
        field="max_num_results",
        kind="carries over",
        now="the same of the tool itself, no longer inside `file_search`",
    ),
    Move(
        field="ranking_options",
        kind="carries over",
        now="the same of the tool itself, no longer inside `file_search`",
        here="not sent: a suite has no such setting",
    ),
    Move(field="documents", kind="carries over", now="files and vector stores stay what they were, with their ids"),
    Move(field="vector_store", kind="carries over", now="the same store by the same id, named by the tool"),
    Move(
        field="attachments",
        kind="changes",
        now="a message's files are `input_file` parts of the input, or in a vector store",
        here="documents are in a vector store, in both protocols",
    ),
    Move(
        field="threads",
        kind="changes",
        now="conversations, which hold items (messages, calls, outputs), or `previous_response_id`. Threads that exist "
        "are not moved by anyone. Responses are kept for 30 days, what a conversation holds stays",
        here="each turn names the response before it; `linked_by: conversation` uses a conversation instead",
    ),
    Move(
        field="runs",
        kind="changes",
        now="responses: one request that answers with the output, nothing to poll unless it is asked to work in the "
        "background. No `expired`, no `requires_action`",
    ),
    Move(
        field="run steps",
        kind="changes",
        now="items of the same output list as the messages: `file_search_call`, `function_call`, `reasoning`",
        here="read into the same transcript: scores do not know the difference",
    ),
    Move(
        field="annotations",
        kind="changes",
        now="no marker stands in the text, and no `start_index` and `end_index` beside it: an annotation names a "
        "file and one `index`. Which of the file's passages is meant (the second number of `【4:0†source】`) "
        "is not told",
        here="a citation points at a passage where only one of the file was found, else at the file",
    ),
    Move(
        field="usage",
        kind="changes",
        now="`input_tokens` and `output_tokens`; earlier turns are paid for as input again",
        here="read as prompt and completion tokens",
    ),
    Move(
        field="streaming",
        kind="changes",
        now="other events: `response.output_text.delta` for `thread.message.delta`, numbered, without `[DONE]`",
    ),
    Move(
        field="response_format",
        kind="changes",
        now="`text: {format: ...}`, with the schema one level higher",
        here="not sent: a suite has no such setting",
    ),
    Move(
        field="reasoning_effort",
        kind="changes",
        now="`reasoning: {effort: ...}`",
        here="not sent: a suite has no such setting",
    ),
    Move(
        field="metadata",
        kind="carries over",
        now="16 pairs at each response and conversation",
        here="not sent: a suite has no such setting",
    ),
    Move(field="additional_messages", kind="changes", now="further items of `input`", here="a case's turns"),
    Move(
        field="truncation_strategy",
        kind="is lost",
        now="`truncation: auto` (deprecated) drops the oldest where a model's window is full; `disabled`, the default, "
        "is an error there. `last_messages` has no successor",
        here="not sent: a suite has no such setting",
    ),
    Move(
        field="max_prompt_tokens",
        kind="is lost",
        now="nothing limits what a response reads",
        here="not sent: a suite has no such setting",
    ),
    Move(
        field="max_completion_tokens",
        kind="changes",
        now="`max_output_tokens`, of one response and reasoning included, no longer of a whole run",
        here="not sent: a suite has no such setting",
    ),
)
"""In the order in which they are told."""
