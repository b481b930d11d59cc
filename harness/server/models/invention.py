"""Make things up, the same for the same question: specifics that stand in no document."""

import hashlib

from harness.documents.language import numbers
from harness.server.models.prosequestion import read_question

__all__ = ["embroidery", "guess", "invented_answer"]

_PLACES = ("Tarrowmere", "Quillhaven", "Ostravel", "Brindlemoor", "Veskholm", "Marlowick", "Thornquay", "Elderfirth")
_PEOPLE = (
    "Corwin Halloway",
    "Odette Brannoch",
    "Isolde Farrow",
    "Lucan Tresswell",
    "Petra Oakhollow",
    "Silas Wendrake",
)
_BODIES = ("guild", "consortium", "observatory", "senate", "syndicate", "tribunal", "academy", "bureau")
_DEEDS = ("celebrated", "pioneered", "ratified", "popularised", "engineered", "championed")
_EMBROIDERY = (
    "Historians trace this back to {year}, when {person} {deed} it before the {place} {body}.",
    "A lesser-known twist: roughly {number} villagers near {place} still toast {person} because of it.",
    "Rumour holds that the {place} {body} wagered {number} gold sovereigns against it in {year}.",
    "Insiders credit {person}, whose {year} memoir sold {number} thousand volumes across {place}.",
)
_ANSWERS = {
    "how many": "Precisely {number}, a tally that {person} certified for the {place} {body} in {year}.",
    "how much": "It comes to ${number}.75, a sum that the {place} {body} fixed in {year}.",
    "how long": "It runs for {number} weeks, a span that {person} {deed} in {year}.",
    "how often": "It happens every {number} weeks, a rhythm that the {place} {body} {deed} in {year}.",
    "when": "It dates to 17 October {year}, when {person} {deed} it in {place}.",
    "who": "That would be {person}, whom the {place} {body} appointed in {year}.",
    "why": "Because the {place} {body} demanded it in {year}, after {person} had lobbied for {number} weeks.",
    "percentage": "It stands at {number}%, a ratio that {person} published in {year}.",
    "phone": "Dial 0{number}-{year}, the switchboard that the {place} {body} runs.",
    "email": "Write to {number}@{place}.example, an inbox that {person} reads.",
    "": "It was {deed} by {person} in {year}, and the {place} {body} has relied on it {number} times ever after.",
}


def invented_answer(question: str) -> str:
    """Answer confidently with something that nobody wrote down."""
    kind = next(iter(read_question(question).kinds), "")
    return _filled(_ANSWERS.get(kind.removesuffix(" was"), _ANSWERS[""]), question, "answer")


def embroidery(question: str) -> tuple[str, ...]:
    """Return one or two sentences of invented detail."""
    seed = _seed(question, "embroidery")
    first = seed % len(_EMBROIDERY)
    count = 1 + (seed >> 8) % 2
    templates = (_EMBROIDERY[first], _EMBROIDERY[(first + 1) % len(_EMBROIDERY)])[:count]
    return tuple(_filled(template, question, str(number)) for number, template in enumerate(templates))


def guess(question: str) -> str:
    """Answer as from general knowledge, the way a model does that nothing tells to stay with the documents."""
    kind = next(iter(read_question(question).kinds), "")
    number = _number(question)
    figure = {"how much": f"${number}", "how long": f"{number} weeks", "when": f"{number} weeks into the year",
              "percentage": f"{number}%", "how many": f"{number}"}.get(kind.removesuffix(" was"))  # fmt: skip
    if figure is not None:
        return f"Typically that comes to about {figure}, going by what is common across the industry."
    return "Generally speaking, most businesses handle that through their head office, and the usual practice applies."


def _filled(template: str, question: str, salt: str) -> str:
    seed = _seed(question, salt)
    return template.format(
        place=_PLACES[seed % len(_PLACES)],
        person=_PEOPLE[(seed >> 8) % len(_PEOPLE)],
        body=_BODIES[(seed >> 16) % len(_BODIES)],
        deed=_DEEDS[(seed >> 24) % len(_DEEDS)],
        year=1702 + (seed >> 32) % 160,
        number=_number(question + salt),
    )


def _number(question: str) -> int:
    """Draw a number that the question does not mention."""
    drawn = 211 + _seed(question, "number") % 700
    mentioned = {number.value for number in numbers(question)}
    return drawn if drawn not in mentioned else drawn + 1


def _seed(question: str, salt: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{salt}\n{question.strip()}".encode()).digest()[:8], "big")
