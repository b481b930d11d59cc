"""From a file of another program to a suite in the project: read, checked, written whole or not at all."""

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.casefile import load_suite
from harness.casefile.files import read_utf8
from harness.config import Project
from harness.errors import CaseFileError, ConfigError, HarnessError
from harness.importing.cells import row_test
from harness.importing.draft import Left, SuiteDraft
from harness.importing.evals import is_registry, kind_of_lines, read_registry, read_samples
from harness.importing.facts import slug
from harness.importing.promptfoo import read_promptfoo
from harness.importing.reading import Beside, parse_json_lines, parse_table, parse_yaml
from harness.importing.records import RecordReader
from harness.importing.suite import suite_text
from harness.importing.tested import CONTEXTS
from harness.model.suite import LoadedSuite
from harness.report.plain import shortened

_HINT = "promptfoo's YAML or JSON, OpenAI Evals' JSONL or registry YAML, or CSV"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is to be imported, and how."""

    file: Path
    to: Path | None = None
    """The suite; None: below the cases folder, named after the file."""
    documents: Sequence[str] = ()
    """Documents of all cases: below the fixtures folder, or files to be copied there."""
    contexts: Sequence[str] = ()
    """Further variables of promptfoo that hold what is answered from."""
    is_forced: bool = False
    """Whether files that are there may be replaced."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What was written."""

    path: Path
    suite: LoadedSuite
    documents: Sequence[str]
    """Those that were written, below the fixtures folder."""
    left: Sequence[Left]
    """What could not be carried over."""
    notes: Sequence[str]
    """What has another form now."""


def import_suite(wanted: Wanted, project: Project, environ: Mapping[str, str]) -> Imported:
    """Make a suite of a file.

    Args:
        wanted: The file, and where to.
        project: Where the suite goes.
        environ: What `${NAME}` in `variants.yaml` means; an imported text is never filled in.

    Raises:
        CaseFileError: The file cannot be read, or makes no case.
        ConfigError: Something is in the way, or the suite would lie outside the cases folder.
    """
    file = wanted.file
    target = _target(wanted, project)
    draft = _read(file, wanted, project, target.stem)
    draft.gather()
    _add_documents(draft, wanted.documents, project)
    if not draft.cases:
        left = "".join(f"\n  {shortened(str(one), 300)}" for one in draft.left[:10])
        raise CaseFileError(f"there is no case in it{left}", where=str(file))
    if not any(case.documents for case in draft.cases):
        draft.note(
            "there are no documents, so none need hold the answers (min_groundedness: 0): name some by --documents"
        )
    documents = {project.fixtures / name: content for name, content in draft.documents.items()}
    _check_free(target, documents, project, is_forced=wanted.is_forced)
    loaded = _written(target, suite_text(draft), documents, project, environ)
    return Imported(
        path=target, suite=loaded, documents=tuple(draft.documents), left=tuple(draft.left), notes=tuple(draft.notes)
    )


def _target(wanted: Wanted, project: Project) -> Path:
    if wanted.to is None:
        stem = wanted.file.stem
        name = wanted.file.resolve().parent.name if stem in {"promptfooconfig", "promptfoo"} else stem
        return project.cases / f"{slug(name) or 'imported'}.yaml"
    target = wanted.to.resolve()
    if target.suffix != ".yaml" or not target.is_relative_to(project.cases.resolve()) or target.name == "variants.yaml":
        cases = project.relative(project.cases)
        raise ConfigError(
            "a suite is a file *.yaml below the cases folder", where="--to", hint=f"--to {cases}/name.yaml"
        )
    return target


def _read(file: Path, wanted: Wanted, project: Project, name: str) -> SuiteDraft:
    try:
        text = read_utf8(file)
    except ValueError as error:
        raise CaseFileError(str(error), where=str(file)) from None
    where, beside = str(file), Beside(file.resolve().parent, inside=file)
    contexts = tuple(dict.fromkeys((*CONTEXTS, *wanted.contexts)))
    draft = SuiteDraft(kind="promptfoo", file=file.name, name=name)
    reader = RecordReader(draft=draft, beside=beside, known=_known(project), names={})
    ending = file.suffix.lower()
    if ending in {".yaml", ".yml", ".json"}:
        data = parse_yaml(text, where)
        if is_registry(data):
            draft.kind = "OpenAI Evals"
            is_standard = file.resolve().parent.name == "evals"  # the registry keeps its samples in ../data
            read_registry(data, Beside(file.resolve().parent.parent) if is_standard else beside, reader)
        elif isinstance(data, list):
            read_promptfoo({"tests": data}, beside, draft, contexts)
        elif isinstance(data, dict) and {"prompts", "providers", "targets", "tests", "scenarios"} & set(data):
            read_promptfoo(data, beside, draft, contexts)
        else:
            raise CaseFileError("is nothing that can be imported", where=where, hint=_HINT)
    elif ending == ".jsonl":
        _read_lines(text, where, reader, contexts)
    elif ending in {".csv", ".tsv"}:
        rows = list(parse_table(text, where))
        if any(name.startswith("__expected") for _, row in rows[:1] for name in row):
            read_promptfoo({"tests": [row_test(row) for _, row in rows]}, beside, draft, contexts)
        else:
            draft.kind = "a table"
            reader.read(rows)
    else:
        raise CaseFileError(f"found a file {ending or 'without ending'}", where=where, hint=f"wanted is {_HINT}")
    return draft


def _read_lines(text: str, where: str, reader: RecordReader, contexts: tuple[str, ...]) -> None:
    lines = list(parse_json_lines(text, where))
    if not lines:
        raise CaseFileError("is empty", where=where)
    try:
        kind = kind_of_lines(lines[0][1])
    except CaseFileError as error:
        raise CaseFileError(error.what, where=where, hint=f"wanted is {_HINT}") from None
    if kind == "promptfoo":
        read_promptfoo({"tests": [data for _, data in lines]}, reader.beside, reader.draft, contexts)
        return
    reader.draft.kind = "OpenAI Evals"
    if any("ideal" in data for _, data in lines):
        reader.draft.note("the lines do not say how answers are compared: `ideal` must be contained (as in Includes)")
    read_samples(lines, reader, "includes")


def _known(project: Project) -> frozenset[str]:
    if not project.fixtures.is_dir():
        return frozenset()
    files = (path for path in project.fixtures.rglob("*") if path.is_file())
    return frozenset(path.relative_to(project.fixtures).as_posix() for path in files)


def _add_documents(draft: SuiteDraft, names: Sequence[str], project: Project) -> None:
    known, given = _known(project), list[str]()
    for name in names:
        if name in known:
            given.append(name)
            continue
        path = Path(name)
        if not path.is_file():
            raise ConfigError(
                f"there is no document {name!r}, neither below the fixtures folder nor here", where="--documents"
            )
        taken = path.resolve()
        below = (
            taken.relative_to(project.fixtures.resolve()) if taken.is_relative_to(project.fixtures.resolve()) else None
        )
        given.append(below.as_posix() if below else path.name)
        if below is None:
            draft.documents[path.name] = path.read_bytes()
    for case in draft.cases:
        case.documents = tuple(dict.fromkeys((*given, *case.documents)))


def _check_free(target: Path, documents: Mapping[Path, bytes], project: Project, *, is_forced: bool) -> None:
    for path in (target, *documents):
        inside = project.cases if path == target else project.fixtures
        if not path.resolve().is_relative_to(inside.resolve()):
            raise ConfigError("lies outside the project's folder", where=str(path))
        is_same = path in documents and path.is_file() and path.read_bytes() == documents[path]
        if path.exists() and not is_same and not is_forced:
            hint = "name another suite with --to, or replace what is there with --force"
            raise ConfigError("is there already; nothing was written", where=project.relative(path), hint=hint)


def _written(
    target: Path, text: str, documents: Mapping[Path, bytes], project: Project, environ: Mapping[str, str]
) -> LoadedSuite:
    """Write documents and suite; the suite is loaded before it takes its place."""
    draft = target.with_name(f".{target.stem}.{os.getpid()}-{secrets.token_hex(2)}.yaml")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8", newline="\n")
        try:
            loaded = load_suite(draft, project, environ)
        except HarnessError as error:
            raise CaseFileError(f"makes no valid suite: {error.what}", where=str(target)) from None
        for path, content in documents.items():
            _write_whole(path, content)
        draft.replace(target)
    except OSError as error:
        raise ConfigError(
            f"cannot be written: {error.strerror or error}", where=str(error.filename or target)
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return loaded


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
