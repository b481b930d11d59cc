"""The move of a suite: what becomes of what it uses, the variant that makes it, and how to prove what it kept."""

import secrets
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from harness.casefile import is_suite, load_suite
from harness.casefile.reading import read_mapping
from harness.cassettes.file import write_atomically
from harness.config import Config, did_you_mean
from harness.errors import CaseFileError, ConfigError, HarnessError
from harness.migrating.existing import Existing, existing_of, fetch_assistant
from harness.migrating.moves import MOVES, Move
from harness.migrating.used import used_fields
from harness.migrating.writing import CannotInsertError, block_of, insert_variant
from harness.model.suite import DEFAULT_VARIANT, LoadedSuite, Suite, Variant
from harness.model.variants import check_variant_names


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """A suite's move to the Responses API."""

    loaded: LoadedSuite
    file: Path
    """The suite's file."""
    name: str
    """Of the variant that makes the move."""
    variant: Variant | None
    """What must differ; None: it cannot be told, because the assistant is known to a server only."""
    moves: tuple[tuple[Move, tuple[str, ...]], ...]
    """What becomes of each field, and the parts of the suite that use it: none where it is not used."""
    left: tuple[str, ...]
    """What is left to the user, a sentence each."""
    endpoint: str | None = None
    """The endpoint that the user named, for the commands of the proof."""

    @property
    def place(self) -> str | None:
        """Where a variant of this name stands, as `file:line`; None where there is none."""
        return self.loaded.variant_places.get(self.name)

    @property
    def proof(self) -> tuple[str, str]:
        """The commands that run the suite through both protocols, and compare."""
        suite = shlex.quote(self.loaded.path)
        at = f" --harness-endpoint {shlex.quote(self.endpoint)}" if self.endpoint else ""
        return (
            f"pytest {suite} --harness-variant {DEFAULT_VARIANT},{self.name}{at}",
            "harness compare latest --targets assistants,responses",
        )


def migration(path: Path, config: Config, name: str) -> Migration:
    """Look at a suite, and at the assistant that it names where an endpoint is named too.

    Args:
        path: The suite.
        config: Says where documents lie, and at which endpoint an assistant may be asked for.
        name: Of the variant.

    Raises:
        CaseFileError: The suite is wrong.
        ConfigError: It is none, it is there already, or no variant can be named so.
        EndpointError: The endpoint does not tell what the assistant says.
    """
    try:
        check_variant_names([name])
    except ValueError as error:
        raise ConfigError(str(error), where="--name") from None
    if path.is_dir():
        raise ConfigError(
            "this is a folder, and a suite is one file", where=str(path), hint="harness migrate cases/suite.yaml"
        )
    if not path.is_file():
        near = did_you_mean(path.name, [one.name for one in config.project.cases.rglob("*.yaml")])
        raise ConfigError(f"there is no such file{near}", where=str(path), hint="harness migrate cases/suite.yaml")
    if not is_suite(path, config.project):
        below = config.project.relative(config.project.cases)
        raise ConfigError(f"this is no suite: suites are *.yaml below {below}/, but for variants.yaml", where=str(path))
    loaded = load_suite(path, config.project, config.environ)
    suite = loaded.suite
    if suite.assistant.prompt is not None:
        raise ConfigError(
            f"`assistant.prompt` is {suite.assistant.prompt.id}: it is run through the Responses API already",
            where=loaded.path,
        )
    existing = _existing(suite, config)
    used = used_fields(suite, read_mapping(path, config.project, config.environ, Suite).data)
    for field in existing.fields if existing else ():
        used[field] = (*used.get(field, ()), str(suite.assistant.id))
    is_known = suite.assistant.id is None or existing is not None
    return Migration(
        loaded=loaded,
        file=path,
        name=name,
        variant=existing.variant if existing else Variant(target="responses") if is_known else None,
        moves=tuple((move, used.get(move.field, ())) for move in MOVES),
        left=(*(existing.left if existing else ()), *_left(suite, is_known=is_known)),
        endpoint=config.endpoint.name if config.endpoint.source == "--harness-endpoint" else None,
    )


def _existing(suite: Suite, config: Config) -> Existing | None:
    assistant_id = suite.assistant.id
    # No endpoint is named, or the one that shut: then the rest can still be told.
    if assistant_id is None or config.endpoint.is_embedded or config.endpoint.is_hosted:
        return None
    return existing_of(fetch_assistant(assistant_id, config.endpoint), suite)


def _left(suite: Suite, *, is_known: bool) -> Iterator[str]:
    if not is_known:
        yield (
            f"what {suite.assistant.id} says is known to its server only: name the server by --harness-endpoint, or "
            "write a variant with `target: responses`, `instructions`, `model` and `tools` by hand"
        )
    elif suite.assistant.id is None and suite.assistant.max_num_results is None and _searches(suite):
        yield "name `max_num_results` if both protocols are to read the same amount: servers choose it by themselves"
    for case in suite.cases:
        if case.xfail is not None and case.xfail.variant == DEFAULT_VARIANT:
            yield f"{case.id} is expected to fail in the variant {DEFAULT_VARIANT} only: say so of the new one, or not"


def _searches(suite: Suite) -> bool:
    return "file_search" in suite.assistant.tools and bool(suite.documents or suite.vector_store)


def write_variant(move: Migration, config: Config) -> str:
    """Put the variant into the suite's file, and return where it stands, as `file:line`.

    Nothing else of the file changes: the result is loaded and held against the suite as it was before it takes its
    place, whole.

    Raises:
        CaseFileError: The variant cannot be put into this text; the hint says what to write by hand.
        ConfigError: There is a variant of this name, or what it must say is not known.
    """
    if move.place is not None:
        hint = "name another one by --name, or take that one out first"
        raise ConfigError(f"there is a variant {move.name!r} already", where=move.place, hint=hint)
    if move.variant is None:
        fetch_assistant(str(move.loaded.suite.assistant.id), config.endpoint)  # raises: it says why it is not known
        raise ConfigError("what the assistant says is not known", where=move.loaded.path)
    try:
        raw = move.file.read_bytes()
        mark = "\ufeff" if raw.startswith(b"\xef\xbb\xbf") else ""
        existing = move.loaded.suite.assistant.id
        comment = f"What {existing} said when it was moved." if existing else ""
        text = mark + insert_variant(raw.decode("utf-8-sig"), move.name, move.variant, comment)
        changed = _checked(move, move.variant, text, config)
        mode = move.file.stat().st_mode
        write_atomically(move.file.resolve(), text)
        move.file.chmod(mode)
    except CannotInsertError as error:
        raise _by_hand(move, move.variant, str(error)) from None
    except OSError as error:
        raise CaseFileError(f"cannot be written: {error.strerror or error}", where=move.loaded.path) from error
    return f"{move.loaded.path}:{changed.variant_places[move.name].rpartition(':')[2]}"


def _checked(move: Migration, variant: Variant, text: str, config: Config) -> LoadedSuite:
    """Load a suite's new text from beside it, and make sure that the variant is all that is new.

    Raises:
        CannotInsertError: It is not.
    """
    draft = move.file.with_name(f".{move.file.stem}.{secrets.token_hex(4)}.yaml")  # hidden: no suite to anybody else
    try:
        write_atomically(draft, text)
        changed = load_suite(draft, config.project, config.environ)
    except HarnessError as error:
        raise CannotInsertError(f"with it the suite would not load: {error.what}") from None
    finally:
        draft.unlink(missing_ok=True)
    old = move.loaded.suite
    if changed.suite != replace(old, variants={**old.variants, move.name: variant}):
        raise CannotInsertError("with it the suite would mean something else")
    return changed


def _by_hand(move: Migration, variant: Variant, reason: str) -> CaseFileError:
    hint = f"nothing was written; write it yourself:\nvariants:\n{block_of(move.name, variant)}"
    return CaseFileError(f"the variant cannot be put in: {reason}", where=move.loaded.path, hint=hint)
