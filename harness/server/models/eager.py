"""The stand-in that never refuses: a model to catch."""

from harness.server.models.answer import Statement
from harness.server.models.extractive import reply_with
from harness.server.models.finder import Finder
from harness.server.models.functions import stated_outputs, wanted_calls
from harness.server.models.instructions import read_rules
from harness.server.models.interface import Conversation, Reply, Sources
from harness.server.models.invention import embroidery, invented_answer

__all__ = ["Eager"]


class Eager:
    """Answers what it finds with invented detail added, and makes up the rest."""

    name = "eager"
    description = (
        "A stand-in, not a language model: finds answers as extractive does, adds invented detail to each, and makes "
        "up what the files do not hold. For trying whether a suite catches it. Deterministic and offline."
    )

    def __init__(self) -> None:
        self._finder = Finder()

    def reply(self, conversation: Conversation, sources: Sources) -> Reply:
        """Answer the conversation's last message, whether or not the files hold an answer."""
        finding = self._finder.find(conversation, sources)
        calls = wanted_calls(conversation, is_answered=not finding.unanswered)
        if calls:
            return Reply(segments=(), function_calls=calls)
        outputs = stated_outputs(conversation)
        invented = [] if outputs else [invented_answer(question) for question in finding.unanswered]
        told = [*invented, *embroidery(finding.question)]
        statements = [*outputs, *finding.statements, *(Statement(text=text, places=()) for text in told)]
        return reply_with(statements, finding, sources, read_rules(conversation.instructions).name)
