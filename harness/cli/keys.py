"""What `--json` prints, command by command: keys are only added, and never change their meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_RUN = "the run's id"
_OUTCOMES = "how often there is each outcome"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """The form of a command's data."""

    is_list: bool = False
    """Whether it is a list of objects, not one object."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """What each key of an object holds; empty where the question decides."""
    note: str = ""
    """What else there is to know, as a sentence."""


SHAPES: Mapping[str, Shape] = {
    "validate": Shape(
        is_list=True,
        keys={
            "suite": "its path",
            "cases": "how many; 0 where it is wrong",
            "variants": "how many, the default among them",
            "error": "all that is wrong with it, or null",
        },
    ),
    "import": Shape(
        keys={
            "suite": "the path of what was written",
            "cases": "how many",
            "facts": "how many",
            "variants": "how many",
            "documents": "paths of what was copied or written",
            "notes": "what to know, as sentences",
            "not_carried_over": "what has no equal, as sentences",
        },
    ),
    "migrate": Shape(
        keys={
            "format": "1",
            "suite": "its path",
            "fields": "a list: `field`, `kind`, `used_in`, `now`, `here`",
            "left_to_you": "sentences",
            "variant": "`name`, `changes`, `place`, `is_new`",
            "proof": "commands",
        },
    ),
    "run": Shape(
        keys={
            "exit_code": "as of the command",
            "run": f"{_RUN}; null where nothing ran",
            "results": "its folder, or null",
            "ends": "how many `passed`, `failed`, `errors`, `xfailed`, `skipped`, `not_begun`",
            "outcomes": _OUTCOMES,
            "cases": "those that do not just pass: `case`, `end`, `outcome`, `why`",
            "gate": "a list of limits: `name`, `limit`, `value`, `is_met`, `note`; null without a gate",
            "baseline": "as of `baseline diff`; null without one",
            "tokens": "`prompt`, `completion`, of all rows, replayed ones too",
            "duration_s": "seconds",
        },
        note="What a person would read goes to standard error.",
    ),
    "runs": Shape(
        is_list=True,
        keys={
            "run": _RUN,
            "state": "`running`, `finished`, `broken off`, `unknown`",
            "rows": "how many; null where they cannot be read",
            "outcomes": f"{_OUTCOMES}, or null",
            "error": "why they cannot be read, or null",
        },
        note="The newest is the last.",
    ),
    "show": Shape(
        is_list=True,
        keys={
            "planned": "what was asked, of whom, about which documents",
            "transcript": "what happened",
            "score": "how it was judged",
        },
        note="One for each variant and trial: the lines of `results.jsonl`.",
    ),
    "compare": Shape(
        keys={
            "format": "1",
            "reference": "what the others are held against",
            "paired_by": "what makes two results the same case",
            "comparisons": "one for each other side",
        },
        note="[comparing.md](comparing.md#as-data) has what is inside.",
    ),
    "score": Shape(
        keys={
            "run": "the id of the new run",
            "results": "its folder",
            "scorer": "who scored",
            "outcomes": _OUTCOMES,
            "compared": "how many had a verdict before",
            "worse": "how many passed before and fail now",
            "changed": "a list: `case`, `before`, `now`",
            "judged_as_it_was": "why, by case, where today's case does not apply",
        },
    ),
    "review": Shape(
        keys={
            "labels": "how many count",
            "people": "who gave them",
            "agreement": "a list: `kind`, `one` (a person, or null for all together), `other` (a scorer or a person), "
            "`both` (how many both spoke of), `same`, `kappa` or null, `said` (what each said, and how often)",
        },
        note="With `--agreement`.",
    ),
    "sql": Shape(is_list=True, note="An object a row; the keys are the statement's columns."),
    "history": Shape(
        is_list=True,
        keys={
            "run": _RUN,
            "outcome": "the verdict",
            "behaviour": "what the assistant did",
            "groundedness": "in [0, 1], or null",
            "facts_share": "in [0, 1], or null",
            "model": "as configured",
            "target": "the protocol",
            "answer": "the last one",
        },
    ),
    "cleanup": Shape(keys={"left": "how many objects are still there", "messages": "what was done, as sentences"}),
    "baseline diff": Shape(
        keys={
            "baseline": "its name",
            "counts": "how many are `same`, `broken`, `fixed`, `changed`, `new`, `gone`, `errored`; zeros are left out",
            "worse": "how many are broken, or new and failing",
            "cases": "those that are not the same: `case`, `standing`, `before` and `now` (outcomes, one a trial)",
        },
    ),
    "baseline list": Shape(
        is_list=True,
        keys={
            "name": "the baseline's",
            "results": "how many",
            "passes": "how many of them",
            "run": "the run that it was set from",
            "at": "when",
        },
    ),
    "cassettes status": Shape(
        keys={
            "is_fresh": "whether all is",
            **dict.fromkeys(("fresh", "stale", "missing", "unreadable"), "recordings in this state"),
            "unreadable_setups": "a list: `cassette`, `cause`",
            "orphaned": "paths of files that nothing needs",
            "unused_texts": "names of texts, by their file",
        },
    ),
    "cassettes record": Shape(
        keys={"failed": "how many could not be recorded", "messages": "how each went, as sentences"}
    ),
    "cassettes verify": Shape(
        keys={
            "is_right": "whether all is",
            "rows": "a list: `case`, `target`, `model`, `cassette`, `outcome`, `is_right`, `error`",
        },
    ),
    "cassettes import": Shape(
        is_list=True,
        keys={"file": "the cassette", "transcript": "what happened", "score": "null without documents"},
    ),
}
"""By the words that call a command. Each command with `--json` is here, and no other."""
