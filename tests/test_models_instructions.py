import pytest

from harness.server.models import BUILT_IN
from harness.server.models.instructions import DEFAULT_REFUSAL, read_rules

PHRASINGS = [
    (
        (
            "If the answer is in neither of them, reply only with:\n\"That isn't in our price list or "
            'handbook, please ask a colleague."'
        ),
        "That isn't in our price list or handbook, please ask a colleague.",
    ),
    (
        "When the files don't say, say so with the words 'I don't have that information.'",
        "I don't have that information.",
    ),
    ("If it isn't there, answer exactly: I don't have that information.", "I don't have that information."),
    (
        ("If it isn't there, answer exactly:\nI don't have that information.\nBe brief."),
        "I don't have that information.",
    ),
    (
        (
            "If the documents are silent, respond with the sentence \u201cI don't have that "
            "information.\u201d and nothing else."
        ),
        "I don't have that information.",
    ),
    (
        "Where they don't hold the answer, don't guess; say\n\"I'm sorry, I have no information about that.\"",
        "I'm sorry, I have no information about that.",
    ),
    ("Use the files. Otherwise: \u00abNot in the files.\u00bb", "Not in the files."),
    ('Say "We can\'t help you there." whenever neither file mentions it.', "We can't help you there."),
    (
        (
            "Begin with \"Good day, dear member!\". If nothing is found, write 'Please ask at the desk.' "
            "instead of an answer."
        ),
        "Please ask at the desk.",
    ),
    (
        'Never say "I\'m not sure". If you cannot find it, reply "Please see the desk, it is not listed."',
        "Please see the desk, it is not listed.",
    ),
    (
        'Anything the papers leave open must be met with this reply and no other: "Not covered here."',
        "Not covered here.",
    ),
    ("Answer strictly from the files. No answer in them? Then reply: 'No idea, sorry.'", "No idea, sorry."),
    (
        "If a question can't be answered from the documents, your whole answer is `NOT FOUND IN DOCUMENTS`.",
        "NOT FOUND IN DOCUMENTS",
    ),
    ("If you can't find it, reply with NOT_IN_DOCUMENTS.", "NOT_IN_DOCUMENTS."),
    ("If the answer is missing, tell the user that you don't know.", DEFAULT_REFUSAL),
    ("If the information cannot be found, say so.", DEFAULT_REFUSAL),
    ("If you do not find the answer, politely decline.", DEFAULT_REFUSAL),
    ("When the documents do not contain it, let the user know that you can't find it.", DEFAULT_REFUSAL),
    ("If unsure or not in the files, admit that you do not know.", DEFAULT_REFUSAL),
    (
        (
            "You must not use outside knowledge; if something is not in the manual, explain that the manual "
            "doesn't cover it."
        ),
        DEFAULT_REFUSAL,
    ),
    (
        (
            'Should neither document contain the answer, use this exact sentence: "The papers in front of '
            "me don't tell.\""
        ),
        "The papers in front of me don't tell.",
    ),
    (
        'In all other cases answer "I can only speak about the hotel." Outside the documents, nothing is known.',
        "I can only speak about the hotel.",
    ),
    (
        (
            "If a guest asks about anything else that isn't in the files, the reply is \u201cLet me get a "
            "colleague.\u201d"
        ),
        "Let me get a colleague.",
    ),
    ("If they don't say, reply with the sentence 'Sorry, our papers do not say.'", "Sorry, our papers do not say."),
    (
        (
            "Only ever rely on the notes. In case neither mentions something, your whole answer is: \u00abI "
            "can't find that in our papers.\u00bb"
        ),
        "I can't find that in our papers.",
    ),
    (
        (
            "For medical questions say \"Sorry, I can't give medical advice.\" If the handbook doesn't hold "
            'the answer, say "That\'s not in the handbook." Sign as "The desk".'
        ),
        "That's not in the handbook.",
    ),
    (
        "If the answer isn't in there, the only thing you write is:\n\n  \"That's not something I can look up.\"",
        "That's not something I can look up.",
    ),
    (
        (
            '- Use only the documents\n- If the answer is not in them: "I could not find this in the '
            'documents provided."'
        ),
        "I could not find this in the documents provided.",
    ),
    (
        "Reply \u2018I can\u2019t find this in the library\u2019s files.\u2019 if the answer is not in the files.",
        "I can\u2019t find this in the library\u2019s files.",
    ),
    (
        (
            "If the answer is not in the documents, respond with exactly this sentence and nothing "
            "more:\nSorry, that is not covered."
        ),
        "Sorry, that is not covered.",
    ),
    ("Whenever the material doesn't answer, reply **Not in the material.**", "Not in the material."),
    ("If it's not there say I don't know that.", "I don't know that."),
    ("Do not provide an answer if the information was not retrieved from the knowledge base.", None),
    ('Please address the user as "Ada Love". Do not answer if it is not in the documents.', None),
    ('Call the product "Glow-in-the-dark lamp".', None),
    ("Be brief. Answer in English. Don't say that you are a robot.", None),
    ("Do not guess if the files do not contain it.", None),
    ("Quote titles like 'The Salt Road' if they are not well known.", None),
]


@pytest.mark.parametrize(
    ("instructions", "refusal"),
    [
        ('If the answer is not there, respond with "Sorry, I cannot tell."', "Sorry, I cannot tell."),
        ("Otherwise say exactly: 'I don't know, sorry.' and stop.", "I don't know, sorry."),
        (
            "If you cannot find it, answer with \u201cSorry, I\u2019m afraid I don\u2019t have access to that.\u201d",
            "Sorry, I\u2019m afraid I don\u2019t have access to that.",
        ),
        ("When it is missing, reply: Sorry, that is not in my files.", "Sorry, that is not in my files."),
        (
            "Refuse with the sentence\n\"Sorry, I'm afraid I don't have access to that information.\"",
            "Sorry, I'm afraid I don't have access to that information.",
        ),
        ('Call the product "Glow-in-the-dark lamp".', None),
        ("Do not answer if it is not in the documents.", None),
        ("", None),
    ],
)
def test_the_refusal_sentence_is_read_exactly(instructions: str, refusal: str | None) -> None:
    assert read_rules(instructions).refusal == refusal


@pytest.mark.parametrize(
    ("instructions", "is_grounded"),
    [
        ("Answer only from the documents.", True),
        ("Do not provide an answer if it was not retrieved.", True),
        ("Never use outside knowledge.", True),
        ("Please address the user as Jules Dmatrix.", False),
        ("Be brief and friendly.", False),
    ],
)
def test_a_rule_to_stay_with_the_documents_is_recognised(instructions: str, is_grounded: bool) -> None:  # noqa: FBT001
    assert read_rules(instructions).is_grounded is is_grounded


@pytest.mark.parametrize(
    ("instructions", "name"),
    [
        ("Please address the user as Jules Dmatrix. Be brief.", "Jules Dmatrix"),
        ('Address the user as "Ada".', "Ada"),
        ("Address the user as Ada. Address the user as Bo.", "Bo"),
        ("Address the user politely.", None),
    ],
)
def test_the_name_for_the_user_is_read(instructions: str, name: str | None) -> None:
    assert read_rules(instructions).name == name


def test_every_built_in_model_says_that_it_is_a_stand_in() -> None:
    assert list(BUILT_IN) == ["extractive", "eager"]
    assert all(name == model.name and "stand-in" in model.description for name, model in BUILT_IN.items())


@pytest.mark.parametrize(("instructions", "refusal"), PHRASINGS)
def test_a_refusal_is_recognised_however_it_is_asked_for(instructions: str, refusal: str | None) -> None:
    assert read_rules(instructions).refusal == refusal
