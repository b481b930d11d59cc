"""The regression over eight features that ours is measured against: what simple lexical scoring reaches."""

import math
from itertools import pairwise

import numpy as np

from calibration.data import Grounding
from calibration.regression import Array
from harness.documents.language import is_content, sentences, tokens

__all__ = ["eight_features"]

_WINDOW = 3


def eight_features(rows: list[Grounding]) -> Array:
    """Return the features of each answer against its document."""
    found, text = [], None
    for row in rows:
        if row.document != text:
            text, document = row.document, _Document(row.document)
        found.append(_features(row, document))
    return np.array(found)


class _Document:
    def __init__(self, text: str) -> None:
        words = [token.stem for token in tokens(text)]
        self.words = set(words)
        self.pairs = set(pairwise(words))
        segments = [{token.stem for token in tokens(text[start:end])} for start, end in sentences(text)]
        self.count = len(segments)
        self.held: dict[str, list[int]] = {}
        for at, segment in enumerate(segments):
            for word in segment:
                self.held.setdefault(word, []).append(at)

    def weight(self, word: str) -> float:
        return math.log(1 + (self.count + 1) / (len(self.held.get(word, ())) + 0.5))

    def best_window(self, content: set[str]) -> float:
        """Return the IDF-weighted share of words in the best window of three sentences."""
        whole = sum(self.weight(word) for word in content)
        total = np.zeros(self.count + _WINDOW)
        for word in content & self.words:
            covered = np.zeros_like(total)
            for at in self.held[word]:
                covered[at : at + _WINDOW] = 1
            total += covered * self.weight(word)
        return float(total.max() / whole) if whole else 0.5


def _features(row: Grounding, document: _Document) -> list[float]:
    question = {token.stem for token in tokens(row.question)}
    answer = tokens(row.answer)
    parts = [tokens(row.answer[start:end]) for start, end in sentences(row.answer)]
    pairs = [list(pairwise(token.stem for token in part)) for part in parts]
    shares = [sum(pair in document.pairs for pair in one) / len(one) for one in pairs if one]
    windows = [document.best_window({token.stem for token in part if is_content(token)}) for part in parts]
    content = [token.stem for token in answer if is_content(token)]
    foreign = [token for token in answer if token.stem not in document.words]
    names = sum(token.text[0].isupper() for part in parts for token in part[1:] if token.stem not in document.words)
    known = sum(stem in document.words or stem in question for stem in content)
    return [
        float(np.mean(shares)) if shares else 0.5,
        min(windows, default=0.5),
        float(np.mean(windows)) if windows else 0.5,
        math.log1p(sum(is_content(token) for token in foreign)),
        math.log1p(len(answer)),
        math.log1p(sum(token.is_number for token in foreign)),
        math.log1p(names),
        known / len(content) if content else 0.5,
    ]
