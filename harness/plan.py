"""From suites to the runs to be made: case x variant x trial."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from harness.casefile.prompt_template import render_prompts
from harness.config import Config, Project, did_you_mean
from harness.errors import CaseFileError, ConfigError, DocumentError
from harness.model.plan import Planned, Source
from harness.model.score import DEFAULT_MIN_GROUNDEDNESS
from harness.model.suite import DEFAULT_VARIANT, Assistant, Case, LoadedSuite, Suite, TargetName, Variant

NOT = "!"
"""What a pattern of variants begins with that are not to be run."""
CHUNK = 1 << 20
"""Bytes read at a time while a document is hashed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFiles:
    """Documents by name, each hashed once."""

    project: Project
    known: dict[str, Source] = field(default_factory=dict)

    def source(self, name: str, *, where: str) -> Source:
        """Return a document's name and hash.

        Args:
            name: Its path below the fixtures folder.
            where: Who asks for it, for errors.

        Raises:
            DocumentError: It is missing, no file, empty, too large, unreadable, or outside the fixtures folder.
        """
        if name not in self.known:
            self.known[name] = Source(path=name, sha256=_hash(self._file(name, where), where))
        return self.known[name]

    def _file(self, name: str, where: str) -> Path:
        folder = self.project.fixtures.resolve()
        path = (folder / name).resolve()  # follows links: what counts is where the bytes are
        shown = self.project.relative(self.project.fixtures)
        if not path.is_relative_to(folder):
            raise DocumentError(f"the document {name!r} lies outside {shown}/", where=where)
        if path.is_dir():
            raise DocumentError(f"the document {name!r} is a folder", where=where, hint="name its files one by one")
        if not path.is_file():
            near = did_you_mean(name, _names_below(folder))
            raise DocumentError(f"there is no document {name!r} below {shown}/{near}", where=where)
        size = path.stat().st_size
        if size == 0:
            raise DocumentError(f"the document {name!r} is empty", where=where)
        if size > self.project.max_document_bytes:
            raise DocumentError(
                f"the document {name!r} has {size:,} bytes, allowed are {self.project.max_document_bytes:,}",
                where=where,
                hint="raise `max_document_mb` in [tool.harness] of pyproject.toml",
            )
        return path


def plan(loaded: Sequence[LoadedSuite], config: Config) -> tuple[Planned, ...]:
    """Return all runs to be made, in the order of suites, cases, variants and trials.

    Raises:
        CaseFileError: A prompt template that does not fit a case.
        ConfigError: No suite has a variant that is asked for, or an assistant has no model.
        DocumentError: A document that cannot be used.
    """
    check_variants(loaded, config.variants)
    files = SourceFiles(project=config.project)
    return tuple(planned for suite in loaded for planned in plan_suite(suite, config, files=files))


def plan_suite(loaded: LoadedSuite, config: Config, *, files: SourceFiles | None = None) -> tuple[Planned, ...]:
    """Return the runs to be made of one suite; none where it has no variant that is asked for.

    Args:
        loaded: The suite.
        config: Says which variants, which model and target, how many trials, and where documents lie.
        files: Hashes that other suites of the same run have already computed.

    Raises:
        CaseFileError: A prompt template that does not fit a case.
        ConfigError: An assistant has no model.
        DocumentError: A document that cannot be used.
    """
    files = files or SourceFiles(project=config.project)
    suite = loaded.suite
    chosen = {
        variant: (
            _target(suite, variant, config),
            _with_model(_assistant(suite, variant), config, loaded.path),
        )
        for variant in _chosen(suite, config.variants)
    }
    cases = [_plan_case(case, loaded, config, files) for case in suite.cases] if chosen else []
    return tuple(
        replace(one, trial=trial)
        for planned in cases
        for variant, (target, assistant) in chosen.items()
        for one in (_with_prompts(replace(planned, variant=variant, target=target, assistant=assistant), loaded),)
        for trial in range(1, config.trials + 1)
    )


def is_chosen(variant: str, patterns: Sequence[str]) -> bool:
    """Tell whether patterns choose a variant: one of them fits, and none that begins with `!` does.

    Where all begin with `!`, any other variant is chosen.
    """
    wanted = [pattern for pattern in patterns if not pattern.startswith(NOT)] or ["*"]
    unwanted = [pattern.removeprefix(NOT) for pattern in patterns if pattern.startswith(NOT)]
    return _fits(variant, wanted) and not _fits(variant, unwanted)


def _fits(variant: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(variant, pattern) for pattern in patterns)


def check_variants(loaded: Sequence[LoadedSuite], patterns: Sequence[str]) -> None:
    """Refuse a pattern that fits no variant of any suite.

    Raises:
        ConfigError: There is such a pattern.
    """
    known = dict.fromkeys(name for suite in loaded for name in _names(suite.suite))
    for pattern in (one.removeprefix(NOT) for one in patterns) if known else ():
        if not any(fnmatchcase(name, pattern) for name in known):
            raise ConfigError(
                f"no suite has a variant {pattern!r}{did_you_mean(pattern, known)}",
                where="--harness-variant",
                hint=f"variants: {', '.join(known)}; `*` means all, `!name` all but that",
            )


def _plan_case(case: Case, loaded: LoadedSuite, config: Config, files: SourceFiles) -> Planned:
    suite = loaded.suite
    limits = (case.min_groundedness, suite.min_groundedness, config.min_groundedness, DEFAULT_MIN_GROUNDEDNESS)
    names = suite.documents if case.documents is None else case.documents
    return Planned(
        suite=loaded.path,
        line=loaded.lines[case.id],
        case=case,
        variant=DEFAULT_VARIANT,
        trial=1,
        target=config.target,
        assistant=suite.assistant,
        vector_store=suite.vector_store,
        sources=tuple(
            files.source(name, where=f"{loaded.path}:{loaded.document_lines.get(name, 1)}") for name in names
        ),
        refusal=suite.refusal,
        min_groundedness=next(limit for limit in limits if limit is not None),
        scorers=suite.scorers,
        tags=tuple(dict.fromkeys((*suite.tags, *case.tags))),
    )


def _with_prompts(planned: Planned, loaded: LoadedSuite) -> Planned:
    """Return a run with the prompts that its variant's template makes."""
    variant = loaded.suite.variants.get(planned.variant)
    template = None if variant is None else variant.prompt_template
    if template is None:
        return planned
    try:
        prompts = render_prompts(template, planned)
    except ValueError as error:
        text = f"`prompt_template` of the variant {planned.variant!r}, case {planned.case.id!r}: {error}"
        raise CaseFileError(text, where=loaded.variant_places.get(planned.variant, loaded.path)) from None
    return replace(planned, prompt_template=template, prompts=prompts)


def _names(suite: Suite) -> tuple[str, ...]:
    return (DEFAULT_VARIANT, *suite.variants)


def _chosen(suite: Suite, patterns: Sequence[str]) -> list[str]:
    return [name for name in _names(suite) if is_chosen(name, patterns)]


def _target(suite: Suite, variant: str, config: Config) -> TargetName:
    own = None if variant == DEFAULT_VARIANT else suite.variants[variant].target
    if own is None and _assistant(suite, variant).prompt is not None:
        own = "responses"  # the other protocol knows no prompts
    return config.target_for(own)


def _assistant(suite: Suite, variant: str) -> Assistant:
    if variant == DEFAULT_VARIANT:
        return suite.assistant
    override = suite.variants[variant]
    # None means "as it was"; an empty text or list is a value and takes away what was there.
    own = {item.name for item in fields(Assistant)}
    changes = {item.name: getattr(override, item.name) for item in fields(Variant) if item.name in own}
    # One that exists is what it is: a variant that moves to the other protocol describes what takes its place.
    has_moved = override.target == "responses" and override.instructions is not None
    gone: dict[str, Any] = {"id": None} if override.prompt is not None or has_moved else {}
    return replace(suite.assistant, **gone, **{name: value for name, value in changes.items() if value is not None})


def _with_model(assistant: Assistant, config: Config, where: str) -> Assistant:
    if assistant.id or assistant.prompt:  # it exists, and has a model of its own
        return replace(assistant, model=config.demanded_model or assistant.model)
    return replace(assistant, model=config.model_for(assistant.model, where=where))


def _hash(path: Path, where: str) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise DocumentError(f"the document {path.name!r} can't be read: {error.strerror}", where=where) from None
    return digest.hexdigest()


def _names_below(folder: Path) -> Iterator[str]:
    for current, _, files in os.walk(folder):
        yield from (Path(current, name).relative_to(folder).as_posix() for name in files)
