"""The languages that an answer can be told to be in."""

import difflib

__all__ = ["LANGUAGES", "near_language"]

LANGUAGES = frozenset(
    """
    ace af am an ar ary arz as az ba bcl be bg bn br bs ca crh cs cy da de dz el en eo es et eu ext fa fi fo
    fr fuv fy ga gcf gcr gd gl gom grc gu gug guw ha hbo he hi hr ht hu hy id ig is it ja jv ka kab kik kk km
    kn ko ku ky la lb lg lij ln lo lt ltg lv mg mk ml mn mr ms mt my nb ne nl nn no nso oc om or pa pcm pl ps
    pt qu ro ru rw sa sdh se si sk sl sn so sq sr st sv sw ta te tg th tk tl tr tt ug uk ur uz uzs vec vi vo
    wa wuu xh yo yue zh zu
    """.split()  # noqa: SIM905 - a hundred quoted codes would hide what this is
)
"""Codes of ISO 639 that the detector (py3langid) knows. They stand here because it takes long to load."""
_MEANT = {
    "cn": "zh",
    "cz": "cs",
    "deu": "de",
    "dk": "da",
    "eng": "en",
    "fra": "fr",
    "ger": "de",
    "gr": "el",
    "ita": "it",
    "iw": "he",
    "jp": "ja",
    "kr": "ko",
    "por": "pt",
    "spa": "es",
    "ua": "uk",
}
"""Countries and codes of three letters that are written for languages."""


def near_language(code: str) -> str:
    """Return `; did you mean `ja`?`, or the codes that look most like one; an empty text where none does."""
    if code in _MEANT:
        return f"; did you mean `{_MEANT[code]}`?"
    near = difflib.get_close_matches(code, sorted(LANGUAGES), n=3, cutoff=0.5)
    return f"; near it: {', '.join(near)}" if near else ""
