import pytest

from harness.server.models import BUILT_IN
from harness.server.models.instructions import read_rules


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
