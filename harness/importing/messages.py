"""Chat messages as what an assistant is told, and what its user says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message of a chat."""

    role: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chat:
    """A chat as a case can ask it."""

    system: str
    """What the assistant is told."""
    prompts: tuple[str, ...]
    """What the user says, at least one."""
    has_replies: bool
    """Whether it also held answers of the assistant, which no case can give in advance."""


def read_messages(value: Any) -> list[Message] | None:
    """Return the messages of a list of `{role, content}`; None where it is none.

    Raises:
        ValueError: A message holds an image or something else that is no text.
    """
    if not isinstance(value, list) or not value:
        return None
    if not all(isinstance(one, dict) and isinstance(one.get("role"), str) for one in value):
        return None
    return [Message(role=_role(one), text=_text(one.get("content"))) for one in value]


def _role(message: dict[str, Any]) -> str:
    # Examples are written as the system's messages with a name, and are a conversation all the same.
    name = str(message.get("name", ""))
    if message["role"] == "system" and name.startswith("example_"):
        return name.removeprefix("example_")
    return "system" if message["role"] == "developer" else str(message["role"])


def _text(content: Any) -> str:
    if isinstance(content, str) or content is None:
        return content or ""
    parts = content if isinstance(content, list) else [content]
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    found = [text for text in texts if isinstance(text, str)]
    if len(found) < len(texts):
        raise ValueError("a message holds something else than text")
    return "\n".join(found)


def chat_of(messages: Sequence[Message]) -> Chat:
    """Return messages as a conversation.

    Raises:
        ValueError: They say nothing.
    """
    system = "\n\n".join(one.text.strip() for one in messages if one.role == "system")
    prompts = tuple(one.text.strip() for one in messages if one.role == "user" and one.text.strip())
    if not prompts and system.strip():
        system, prompts = "", (system.strip(),)
    if not prompts:
        raise ValueError("there is no message of a user")
    return Chat(system=system, prompts=prompts, has_replies=any(one.role == "assistant" for one in messages))
