"""What the documents say of a claim: supported, contradicted or not found, and the passage that decides.

A claim's score is a logistic function of five features of its best passage (three sentences, or one record): the
share of its content there, rare words counting more; the share of its neighbouring words; and the share of all its
words, the numbers and the names that stand nowhere in the document. The features follow the unigram and n-gram
overlap baselines of the factual consistency literature (QAGS, SummaC's lexical baselines); ours differ by their
windows, and by numbers and names, which no amount of other overlap can replace.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from harness.model.score import Claim, Evidence, Support
from harness.scoring import weights
from harness.scoring.claims import Statement
from harness.scoring.contradiction import contradicts, corrects
from harness.scoring.given import Setting
from harness.scoring.index import Index, Window, index_text
from harness.scoring.slots import displaced
from harness.scoring.terms import Term, is_number_key, number_key, number_of, quantities, read_terms, rounds, terms

__all__ = ["GATE", "SUPPORTED", "Confirmed", "Features", "Fit", "best_fit", "fits", "ground", "ground_in", "is_quoted"]

SUPPORTED = 0.5
"""The score from which on a claim counts as supported, if none of its numbers and names is missing."""
GATE = 0.5
"""What a claim's score is multiplied by if one of its numbers or names is missing: it is then below `SUPPORTED`."""
_NEAR = 3
_QUOTED = 0.6  # of the neighbouring words: fewer, and it is put together from the documents' words
_READABLE = 400  # characters of evidence that are shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """Words of the answer that a query over the documents confirms."""

    start: int
    """Offset in the answer."""
    end: int
    """Offset behind them."""
    fact: str
    """The fact in words."""


class Features(NamedTuple):
    """What of a claim's fit with a passage becomes its score."""

    words: float
    """Share of all its words, stop words included, that stand anywhere in the document, in [0, 1]."""
    pairs: float
    """Share of its neighbouring words that are neighbours in the passage, in [0, 1]."""
    coverage: float
    """Share of its content that the passage holds, rare words counting more, in [0, 1]."""
    numbers: float
    """log(1 + n) of its n numbers that stand nowhere in the document."""
    names: float
    """log(1 + n) of its n names that stand nowhere in the document."""

    @property
    def score(self) -> float:
        """How much speaks for the claim, in [0, 1]."""
        total = weights.BIAS + sum(weight * value for weight, value in zip(_WEIGHTS, self, strict=True))
        return 1 / (1 + math.exp(-total))


_WHOLE = Features(words=1.0, pairs=1.0, coverage=1.0, numbers=0.0, names=0.0)
"""The best there is: nothing is missing, and the words stand in the claim's order."""
_WEIGHTS = tuple(weights.WEIGHTS[name] for name in Features._fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """How well a window of a document holds a claim."""

    index: Index
    window: Window
    features: Features
    missing: tuple[Term, ...]
    """Terms that the window does not hold."""
    decisive: tuple[Term, ...]
    """The numbers and names among them: without these the claim is not supported."""

    @property
    def score(self) -> float:
        """How much speaks for the claim, in [0, 1]."""
        return self.features.score

    @property
    def is_whole(self) -> bool:
        """Whether no other window can hold more of the claim."""
        return not self.decisive and self.features == _WHOLE


def fits(claim: Sequence[Term], row: Sequence[str], index: Index, given: AbstractSet[str]) -> Iterator[Fit]:
    """Measure the windows of a document that come nearest to a claim.

    Args:
        claim: Its terms.
        row: The keys of all its words.
        index: The document.
        given: Keys of what the user and the instructions state: where these are missing, nothing is.
    """
    weighed = {term.key: index.weight(term.key) for term in claim}
    pairs = [pair for pair in pairwise(row) if given.isdisjoint(pair)]
    words = sum(key in index.words or key in given for key in row) / max(len(row), 1)
    has_unit = any(term.unit for term in claim)
    for window in index.windows(weighed):
        held = index.window_keys(window)
        other_unit = _of_other_unit(claim, index.text(window)) if has_unit else ()
        gone = [term for term in claim if term.key in other_unit or term.key not in held]
        has_number = any(term.kind == "number" for term in gone)
        values = [number_of(key) for key in held if is_number_key(key)] if has_number else ()
        absent = [term for term in gone if term.key in other_unit or not rounds(term, values)]
        missing = [term for term in absent if term.key not in given]
        whole = sum(weighed.values()) - sum(weighed[key] for key in {term.key for term in absent} & given)
        lost = sum(weighed[key] for key in {term.key for term in missing})
        coverage = 1 - lost / whole if whole > 0 else 0.0
        is_record = index.segments[window.first].is_record
        near = index.window_pairs(window) if pairs and not is_record else ()
        foreign = [term for term in missing if term.key not in index.postings]
        yield Fit(
            index=index,
            window=window,
            features=Features(
                # A record has no sentences: only the content of what is said of it can stand there.
                words=1 - len(foreign) / len(claim) if is_record else words,
                pairs=sum(pair in near for pair in pairs) / len(pairs) if near else coverage,
                coverage=coverage,
                numbers=math.log1p(sum(term.kind == "number" for term in foreign)),
                names=math.log1p(sum(term.kind == "name" for term in foreign)),
            ),
            missing=tuple(missing),
            decisive=_decisive(claim, missing, index, window),
        )


def _of_other_unit(claim: Sequence[Term], passage: str) -> set[str]:
    """Find the claim's numbers that a passage states only of something else: `15 months`, where it says `15 %`."""
    units: dict[str, set[str | None]] = {}
    for number in quantities(passage):
        units.setdefault(number_key(number.value), set()).add(number.unit)
    return {
        term.key
        for term in claim
        if term.unit and (there := units.get(term.key)) and None not in there and term.unit not in there
    }


def _decisive(claim: Sequence[Term], missing: Sequence[Term], index: Index, window: Window) -> tuple[Term, ...]:
    """Find the numbers and names that a passage would have to hold, and does not."""
    is_record = index.segments[window.first].is_record  # `Category Laptops` is a column and its value, no full name
    full_names = [
        (left, right)
        for left, right in (() if is_record else pairwise(claim))
        if left.kind == right.kind == "name" and right.start - left.end == 1
    ]
    if not full_names and all(term.kind != "name" for term in missing):
        return tuple(term for term in missing if term.kind == "number")
    near = _near(index, window)
    names = {key for segment in near for key in segment}
    absent = [term for term in missing if term.kind == "number" or (term.kind == "name" and term.key not in names)]
    for left, right in full_names:
        if {left, right}.isdisjoint(absent) and not _stand_together(left.key, right.key, near):
            absent.append(right)
    return tuple(absent)


def _near(index: Index, window: Window) -> list[tuple[str, ...]]:
    """Return the keys of a record; in prose of the sentences around, and of the title: names carry on as pronouns."""
    if index.segments[window.first].is_record:
        return [index.keys[window.first], index.segments[window.first].context]
    around = range(max(0, window.first - _NEAR), min(len(index.segments), window.last + _NEAR + 1))
    title = range(min(_NEAR, len(index.segments)))
    context = index.segments[window.first].context
    return [context, *(index.keys[at] for at in (*title, *around) if not index.segments[at].is_record)]


def _stand_together(left: str, right: str, near: Sequence[tuple[str, ...]]) -> bool:
    """Tell whether two parts of a name are neighbours anywhere, `Hong Cambodia` being no mix of `Hong Kong` and it."""
    for keys in near:
        places = [at for at, key in enumerate(keys) if key == left]
        if any(right in keys[max(0, at - 2) : at + 3] for at in places):
            return True
    return False


def best_fit(text: str, indexes: Sequence[Index], given: AbstractSet[str] = frozenset()) -> Fit | None:
    """Return the fit that speaks most for a claim; None where no word of it stands anywhere."""
    claim, row = read_terms(text)
    best = _best(fit for index in indexes for fit in fits(claim, row, index, given))
    if best is None or best.decisive or best.index.segments[best.window.first].is_record:
        return best
    return replace(best, decisive=displaced(claim, row, best.index.window_row(best.window)))


def _best(found: Iterable[Fit]) -> Fit | None:
    """Return the first of the best fits; none is asked for behind one that holds the whole claim."""
    best, most = None, (False, 0.0)
    for fit in found:
        worth = (not fit.decisive, fit.score)
        if best is None or worth > most:
            best, most = fit, worth
        if fit.is_whole:
            break
    return best


def is_quoted(text: str, indexes: Sequence[Index]) -> bool:
    """Tell whether a sentence stands in the documents nearly word for word."""
    fit = best_fit(text, indexes)
    return fit is not None and not fit.missing and fit.features.pairs >= _QUOTED


def ground(
    statement: Statement, indexes: Sequence[Index], setting: Setting, confirmed: Sequence[Confirmed]
) -> Claim | None:
    """Judge one claim.

    Args:
        statement: The claim.
        indexes: The documents.
        setting: What the user and the instructions brought in.
        confirmed: What queries over the documents confirm of the answer.

    Returns:
        The judged claim, or None where nothing of it can be checked.
    """
    claim = terms(statement.text)
    if all(term.key in setting.stated for term in claim):
        return None
    fit = best_fit(statement.text, indexes, setting.stated)
    inside = [one for one in confirmed if statement.start <= one.start and one.end <= statement.end]
    fact = _confirming(statement.start, fit.decisive if fit else claim, indexes, setting, inside)
    support, score, deciding = _verdict(statement.text, claim, fit, setting)
    if fact is not None:
        support, score, deciding = "supported", 1.0, fit
    missing = deciding.missing if deciding else claim
    return Claim(
        text=statement.text,
        start=statement.start,
        end=statement.end,
        support=support,
        score=round(score, 4),
        evidence=_evidence(claim, deciding) if deciding else None,
        matched=tuple(term.text for term in claim if deciding and term not in missing),
        unmatched=tuple(term.text for term in missing),
        confirmed_by=fact,
    )


def ground_in(claims: Sequence[Claim], texts: Iterable[str], setting: Setting) -> tuple[Claim, ...]:
    """Judge claims once more, against texts that were retrieved instead of whole documents.

    Args:
        claims: The claims as the documents have judged them.
        texts: What was retrieved.
        setting: What the user and the instructions brought in.

    Returns:
        The claims with the verdict of the texts; what a query confirms is not asked of them.
    """
    indexes = [index_text(text, f"retrieved-{rank}") for rank, text in enumerate(texts, start=1) if text.strip()]
    stated = (Statement(text=one.text, start=one.start, end=one.end, kind="claim") for one in claims)
    judged = (ground(one, indexes, setting, ()) for one in stated)
    return tuple(claim for claim in judged if claim is not None)


def _confirming(
    start: int, decisive: Sequence[Term], indexes: Sequence[Index], setting: Setting, inside: Sequence[Confirmed]
) -> str | None:
    """Find the query that confirms a claim, if no number or name of it is left that nothing accounts for."""

    def is_open(term: Term) -> bool:
        at = start + term.start
        if term.kind == "word" or term.key in setting.asked or any(one.start <= at < one.end for one in inside):
            return False
        if term.kind == "number":
            return not any(term.key == number_key(index.records) for index in indexes)
        return not any(term.key in index.postings for index in indexes)

    return inside[0].fact if inside and not any(is_open(term) for term in decisive) else None


def _verdict(text: str, claim: Sequence[Term], fit: Fit | None, setting: Setting) -> tuple[Support, float, Fit | None]:
    """Return what the documents say, the score, and the passage that decides."""
    if fit is None:
        return "not_found", 0.0, None
    # The persona's name is no part of what the claim is about.
    about = [term for term in claim if term.key not in setting.stated or term.key in fit.index.postings]
    own = [term for term in fit.decisive if term.key not in setting.asked]  # to repeat a question contradicts nothing
    right = corrects(text, about, fit.index, setting.asked | setting.stated)
    if right is not None:
        held = fit.index.window_keys(right)
        missing = tuple(term for term in about if term.key not in held)
        return "contradicted", fit.score * SUPPORTED / 2, replace(fit, window=right, missing=missing)
    if len(own) == len(fit.decisive) and contradicts(text, about, fit.index, fit.window, own):
        return "contradicted", fit.score * SUPPORTED / 2, fit
    if fit.decisive or all(term.kind == "number" or term in fit.missing for term in claim):
        return "not_found", fit.score * GATE, fit  # a number alone (`40` seconds) supports no `40 records`
    return ("supported" if fit.score >= SUPPORTED else "not_found"), fit.score, fit


def _evidence(claim: Sequence[Term], fit: Fit) -> Evidence:
    """Show the passage from the first to the last segment that holds a word of the claim."""
    wanted = {term.key for term in claim}
    held = range(fit.window.first, fit.window.last + 1)
    useful = [at for at in held if not wanted.isdisjoint(fit.index.keys[at])] or list(held)
    first, last = fit.index.segments[useful[0]], fit.index.segments[useful[-1]]
    text = fit.index.document.text[first.start : last.end]
    return Evidence(
        document=fit.index.document.path,
        start=first.start,
        end=last.end,
        text=text if len(text) <= _READABLE else text[: _READABLE - 1] + "…",
        page=first.page,
    )
