"""Low-level text: words and their stems, sentences, numbers. Nothing here knows what a question or an answer is."""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import snowballstemmer

from harness.documents.numbers import Number, listed, numbers

__all__ = [
    "STOP_WORDS",
    "Number",
    "Token",
    "fold",
    "is_content",
    "listed",
    "numbers",
    "sentences",
    "stem",
    "tokens",
    "words",
]

STOP_WORDS: frozenset[str] = listed(
    """
    a an the this that these those some any each every either neither both all such same other another
    i me my mine we us our ours you your yours he him his she her hers it its they them their theirs one ones
    myself ourselves yourself yourselves himself herself itself themselves someone anyone everyone something anything
    anybody everybody somebody nobody nothing already
    am is are was were be been being do does did doing done have has had having can could may might must shall should
    will would ought need isn't aren't wasn't weren't don't doesn't didn't hasn't haven't hadn't can't cannot couldn't
    mustn't shouldn't won't wouldn't i'm we're you're they're it's that's there's what's who's i've we've you've they've
    i'd we'd you'd they'd i'll we'll you'll they'll let's
    and or but nor so yet if then else than because as while although though unless until since whether
    of in on at by to from with without within into onto out off over under up down for about above below between among
    through during before after against along across around upon per via toward towards
    who whom whose what which when where why how there here
    not no only just also too very much many more most less least few own again once ever never always still
    please tell give gives given say says said let get gets got
    """
)
"""Words that carry no topic, case folded."""

_MARKS = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'"})
_TOKEN = re.compile(
    r"(?P<number>\d+(?:[.,:]\d+)*(?:%|[km]\b|bn\b)?(?![^\W_]))|[^\W_]+(?:['\u2019][^\W_]+)*", re.IGNORECASE
)
# A stemmer keeps its state between calls, so two threads must not share one at once.
_STEMMER = snowballstemmer.stemmer("english")
_STEMMER_LOCK = threading.Lock()


class Token(NamedTuple):
    """A word or a number of a text. A tuple, because a document makes hundreds of thousands of them."""

    text: str
    """As it stands in the text."""
    stem: str
    """Case folded, without accents, stemmed; for a number its digits without thousands separators."""
    start: int
    """Offset of the first character, in code points."""
    end: int
    """Offset behind the last character."""
    is_number: bool
    """Whether it is written in digits (`1,234.50`, `12%`, `9:30`)."""


def fold(text: str) -> str:
    """Fold case, accents and typographic apostrophes, so that spellings of one word compare equal."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.translate(_MARKS).casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Fold a word and take off its ending."""
    with _STEMMER_LOCK:
        return str(_STEMMER.stemWord(fold(word)))


def tokens(text: str) -> tuple[Token, ...]:
    """Split a text into words and numbers; hyphenated words are split, `don't` and `1,234.50` stay whole."""
    found = []
    for match in _TOKEN.finditer(text):
        word, is_number = match[0], match["number"] is not None
        base = re.sub(r",(?=\d{3})", "", word.lower()) if is_number else stem(word)
        found.append(Token(word, base, match.start(), match.end(), is_number))
    return tuple(found)


def words(text: str) -> list[str]:
    """Split a text as `tokens` does, for those who need neither stems nor places: in a quarter of the time."""
    return [match[0] for match in _TOKEN.finditer(text)]


def is_content(token: Token) -> bool:
    """Tell whether a token says what a text is about: a number, or a word that is no stop word."""
    return token.is_number or fold(token.text) not in STOP_WORDS


# --- sentences -------------------------------------------------------------------------------------------------------

_BULLET = re.compile(r"[ \t]*(?:[-*+•‣◦▪\u2013—]|#{1,6}|>|\(?(?:\d{1,3}|[a-zA-Z])[.)])[ \t]+")
_STRIPPED_BULLET = re.compile(r"[ \t]*(?:[-*+•‣◦▪]|#{1,6}|>)[ \t]+")
_ROW = re.compile(r"\s*[\[\]{}\"|]|[^|\n]*\|[^\n]*\||[^\n]*\S\t+\S|[^\n]*\S {3,}\S|(?:[^,\n]*,(?=\S)){2,}")
_LABEL = re.compile(r"\s*[A-Z][\w /()&-]{0,40}:(?:\s|$)")
_HEADING = re.compile(r"\s*#{1,6}\s")
_END = re.compile(r"[.!?…]+[\"'\u201d\u2019)\]*_]*(?:【[^】]*】)*(?=\s|$)")
_ALWAYS_ABBREVIATED = listed("mr mrs ms dr prof messrs e.g i.e vs cf viz")
_ABBREVIATED_BEFORE_DIGITS = listed("no nos fig figs sec art vol p pp ca approx ch para tel ext max min")
_SOMETIMES_ABBREVIATED = listed(
    """
    etc inc ltd co corp llc dept est st ave blvd rd mt jr sr gen gov rep sen univ a.m p.m u.s u.k u.s.a e.u ph.d
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun
    """
)
_NARROWEST_PROSE = 50  # characters: lines shorter than this are not taken for wrapped prose


def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Find the sentences, list items, headings and table rows of a text as (start, end), in code points."""
    return tuple(span for start, end in _blocks(text) for span in _sentences_of_block(text, start, end))


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Join the lines that one paragraph wraps over; everything else is a block of its own."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n\f\r]+", text)]
    width = max([_NARROWEST_PROSE, *(end - start for start, end in lines)])
    begin = None
    for index, (start, end) in enumerate(lines):
        begin = start if begin is None else begin
        if index + 1 == len(lines) or _is_break(text, (start, end), lines[index + 1], width):
            yield begin, end
            begin = None


def _is_break(text: str, line: tuple[int, int], following: tuple[int, int], width: int) -> bool:
    this, after = text[slice(*line)], text[slice(*following)]
    between = text[line[1] : following[0]]
    if not this.strip() or not after.strip() or "\f" in between or len(re.findall(r"\r\n|\n|\r", between)) > 1:
        return True
    if _BULLET.match(after) or _HEADING.match(this) or _LABEL.match(after):
        return True
    if _ROW.match(this) or _ROW.match(after):
        return True
    return _is_deliberate(this.rstrip(), after.strip(), width)


def _is_deliberate(this: str, after: str, width: int) -> bool:
    """A break where the next word would still have fit is the author's, not the wrapping's."""
    if after[0].islower() or this[-1] in ",;-\u2013(":
        return False
    last = fold(this.rsplit(None, 1)[-1].strip("\"'()*_"))
    return last not in STOP_WORDS and len(this) + 1 + len(after.split(None, 1)[0]) <= 0.85 * width


def _sentences_of_block(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    bullet = _STRIPPED_BULLET.match(text, start, end)
    start = bullet.end() if bullet else start
    marker = _BULLET.match(text, start, end)
    position = marker.end() if marker else start
    for match in _END.finditer(text, position, end):
        if match.end() < end and _ends_sentence(text, match, start, end):
            yield from _stripped(text, start, match.end())
            start = match.end()
    yield from _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    part = text[start:end]
    if part.strip():
        yield start + len(part) - len(part.lstrip()), start + len(part.rstrip())


def _ends_sentence(text: str, match: re.Match[str], start: int, end: int) -> bool:
    rest = text[match.end() : end].lstrip()
    if not rest or rest.lstrip("\"'\u201c\u2018([*_")[:1].islower():
        return not rest
    if match[0][0] != ".":
        return True
    before = text[start : match.start()].rsplit(None, 1)
    word = before[-1].lstrip("\"'\u201c\u2018([*_") if before else ""
    folded = fold(word)
    if folded in _ALWAYS_ABBREVIATED:
        return False
    if folded in _ABBREVIATED_BEFORE_DIGITS:
        return not rest[0].isdigit() and rest[0] not in "$€£¥"
    if folded in _SOMETIMES_ABBREVIATED or (len(word) == 1 and word.isalpha() and word.isupper()):
        # `at 5 p.m. The doors close` ends; `U.S. Government`, `J. Smith`, `Jan. 5` go on.
        return fold(rest.split(None, 1)[0].strip("\"'\u201c\u2018([*_,.")) in STOP_WORDS
    return True
