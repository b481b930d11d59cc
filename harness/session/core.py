"""What every session of a project does: plan suites, begin runs, keep rows, clean up, close, tell."""

import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.casefile import find_suites, load_suite
from harness.casefile.load import adapter
from harness.cassettes.secrets import Secrets
from harness.config import Config
from harness.errors import ResultsError
from harness.model.plan import Planned
from harness.model.row import Brief, Row
from harness.model.suite import LoadedSuite
from harness.pipeline import Part, Pipeline
from harness.plan import SourceFiles, check_variants, plan_suite
from harness.report.budget import NotBegun
from harness.report.github import Failing
from harness.results import row_data, row_from_data
from harness.results.folder import FINISHED, RUNNING
from harness.results.owner import Owner
from harness.scoring.code import code_digest
from harness.session.closing import Paper, Told, is_on_github, lost_lines, print_told, tell_github
from harness.session.codes import FAILED, OK
from harness.session.garbage import garbage_kept
from harness.session.gating import Gating, Verdict
from harness.session.resume import part_of, started_of, take_over, taking


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """A row on its way into the results."""

    row: Mapping[str, Any]
    """As `row_data` gives it: it may come from another process."""
    brief: Brief | None = None
    """Its brief, where that is known."""
    name: str
    """The case's node id."""
    account: str | None = None
    """Why it fails, where that is news; None where it does not, or not unexpectedly."""


class CaseSession:
    """A session of a project's cases.

    Args:
        config: The settings in force.
        part: What this process has to do with the session.
        is_worker: Whether another process keeps the rows and cleans up.
    """

    def __init__(self, config: Config, part: Part, *, is_worker: bool = False) -> None:
        self.config = config
        self.part = part
        self.is_worker = is_worker
        self.gating = Gating(config)
        self._secrets = Secrets(config.secrets)
        self._loaded: list[LoadedSuite] = []
        self._files = SourceFiles(project=config.project)
        self._pipeline: Pipeline | None = None
        self._verdict: Verdict | None = None
        self._briefs: list[Brief] = []
        self._failing: list[Failing] = []
        self._not_begun: list[NotBegun] = []
        self._left: list[str] = []
        self._lost: Mapping[str, int] = {}
        self._unwritten: str | None = None
        self._is_claimed = False
        self._resumed = 0
        self._started = datetime.now(UTC)

    @property
    def run_id(self) -> str:
        """The run's id, as `harness show` takes it."""
        return self.part.folder.id

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline, made when it is first needed."""
        if self._pipeline is None:
            self._pipeline = Pipeline(self.config, self.part)
        return self._pipeline

    def suites(self) -> list[Path]:
        """Return the project's suites, sorted."""
        return find_suites(self.config.project)

    def plan(self, path: Path) -> tuple[Planned, ...]:
        """Return the runs of a suite.

        Raises:
            InputError: The suite or a document of it is not as it should be.
        """
        if not self._loaded:
            with garbage_kept():
                adapter()
        loaded = load_suite(path.resolve(), self.config.project, self.config.environ)
        self._loaded.append(loaded)
        return plan_suite(loaded, self.config, files=self._files)

    def check(self, planned: Sequence[Planned]) -> None:
        """See that what the chosen runs need is there, before any begins.

        Raises:
            ConfigError: No suite has a variant that is asked for.
            ResultsError: Results have no place.
        """
        check_variants(self._loaded, self.config.variants)
        if planned and not self.config.is_dry:
            self.claim()

    def claim(self) -> None:
        """Make the run's folder, and say in it whose it is: whatever ends this process, the run is known to be one.

        Raises:
            ResultsError: Results have no place, or another process has gone on with the run.
        """
        if self._is_claimed or self.is_worker:
            return
        self.part.folder.make()
        with taking(self.part):
            if self.part.kept is not None:
                take_over(self.part)
                self._started = started_of(self.part.folder) or self._started
            try:
                self.part.folder.write_manifest({"state": RUNNING, **self._about()})
            except OSError as error:
                where = str(self.part.folder.path)
                raise ResultsError(f"results cannot be written: {error.strerror}", where=where) from error
            self._is_claimed = True

    def missing(self, planned: Sequence[Planned]) -> list[Planned]:
        """Return the runs that have no row yet: all, but where this session goes on with another."""
        kept = self.part.kept
        return [one for one in planned if kept is None or not kept.has(one)]

    def standing(self, row: Row) -> str | None:
        """Return how a row compares with the baseline; None without one."""
        return self.gating.standing(row_data(row)).value if self.gating.has_baseline else None

    def keep(self, ended: Ended) -> None:
        """Write a row, and keep of it what the summary needs."""
        self._briefs.append(ended.brief or row_from_data(ended.row).brief)
        self.gating.keep(ended.row)
        if ended.account is not None and is_on_github(self.config.environ):
            self._failing.append(_failing(ended.name, ended.row, self._secrets.without(ended.account, "[secret]")))
        try:
            self._write(self._secrets.taken_out(ended.row, "[secret]"))
        except (OSError, ResultsError) as error:
            self._unwritten = f"results could not be written: {error}"

    def _write(self, row: Mapping[str, Any]) -> None:
        self.claim()
        kept = self.part.kept
        if kept is not None and kept.holds(row):
            self._resumed += 1
            return
        self.part.folder.append(row)
        if kept is not None:
            kept.replace(row)

    def leave_out(self, node: str, reason: str) -> None:
        """Note a run that the budget left over."""
        self._not_begun.append(NotBegun(node=node, reason=reason))

    def finish(self) -> None:
        """End runs and clean up; who keeps the rows also answers for what workers made, and closes the run's folder."""
        if not (self.is_worker or self._is_claimed):
            return  # nothing was begun, and what another session has left in the folder is not to be touched
        try:
            if self._pipeline is not None or self.part.folder.ledger.exists():
                self._left = self.pipeline.finish(is_owner=not self.is_worker)
        except KeyboardInterrupt:
            self._left.append("cleaning up was interrupted: remote objects may be there still")
        if not self.is_worker:
            self._lost = self._lost_answers()
            self._close()

    def _lost_answers(self) -> Mapping[str, int]:
        """Return how many objects of each kind may have been made without anybody knowing their ids."""
        if not self.part.folder.ledger.exists():
            return {}
        from harness.run.ledger import Ledger

        return Counter(remote.kind for remote in Ledger(self.part.folder.ledger).possible())

    def _close(self) -> None:
        folder = self.part.folder
        if self._unwritten is None:
            try:
                folder.write_manifest(self._manifest())
            except OSError as error:
                self._unwritten = f"results could not be written: {error}"
        for passing in (folder.shared, folder.earlier):
            shutil.rmtree(passing, ignore_errors=True)
        if self._unwritten is None:
            folder.won.unlink(missing_ok=True)
        folder.discard_if_empty()

    def exit_status(self, status: int) -> int:
        """Return an exit status as the gate and the budget change it.

        Not to run everything is no success, and what is not written down was not won.
        """
        self._verdict = self.gating.verdict()
        status = self.gating.exit_status(status, self._verdict)
        return FAILED if status == OK and (self._not_begun or self._unwritten is not None) else status

    @property
    def verdict(self) -> Verdict | None:
        """What the gate said when the exit status was asked for; None where it was not asked."""
        return self._verdict

    def tell(self, paper: Paper, also_left: Sequence[str] = ()) -> None:
        """Print the closing summary, and what could not be cleaned up.

        Args:
            paper: Where.
            also_left: Remote objects that others could not delete.
        """
        if self._briefs or self._not_begun:
            told = Told(
                run_id=self.run_id,
                briefs=self._briefs,
                failing=self._failing,
                not_begun=self._not_begun,
                verdict=self._verdict,
            )
            paper.section("assistant-harness")
            for line in self._resumed_lines():
                paper.write_line(line)
            print_told(paper, told, self.config)
            place = f"results: {self.config.project.relative(self.part.folder.path)}"
            if self._briefs:
                paper.write_line(self._unwritten or place, red=self._unwritten is not None)
                tell_github(paper, told, self.config.project.root, self.config.environ)
        for line in lost_lines(self._lost):
            paper.write_line(line, yellow=True)
        left = [*self._left, *also_left]
        for reason in left:
            paper.write_line(f"left behind: {reason}", yellow=True)
        if left:
            paper.write_line(f"delete what is left with: harness cleanup {self.run_id}", yellow=True)

    def _resumed_lines(self) -> Iterator[str]:
        kept = self.part.kept
        if kept is None:
            return
        yield f"resumed: {self._resumed} rows are kept, {len(self._briefs) - self._resumed} are new"
        if kept.stale:
            nodes = ", ".join(f"{suite}::{case}" for suite, case, _, _ in sorted(kept.stale)[:3])
            more = f" and {len(kept.stale) - 3} more" if len(kept.stale) > 3 else ""
            yield f"run again, since the case, its configuration or its documents have changed: {nodes}{more}"

    def _about(self) -> dict[str, Any]:
        return {
            "run": self.run_id,
            "owner": Owner.this().data,
            "started": self._started.isoformat(timespec="seconds"),
            "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
            "endpoint": self.config.endpoint.name,
            "record": self.config.record,
            "variants": list(self.config.variants),
            "trials": self.config.trials,
            "keep": self.config.keep,
            **({"resumed": datetime.now(UTC).isoformat(timespec="seconds")} if self.part.kept is not None else {}),
        }

    def _manifest(self) -> dict[str, Any]:
        return {
            "state": FINISHED,
            **self._about(),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "scorer_code": code_digest(),
            "rows": len(self._briefs),
            **({"not_begun": [one.node for one in self._not_begun]} if self._not_begun else {}),
        }


def new_part(config: Config) -> Part:
    """Return the part of a process that runs a session alone; see `part_of`."""
    return part_of(config)


def _failing(name: str, row: Mapping[str, Any], account: str) -> Failing:
    planned = row["planned"]
    return Failing(
        name=f"{planned['suite']}::{name.rpartition('::')[2]}",
        suite=planned["suite"],
        line=planned["line"],
        outcome=row["score"]["outcome"],
        account=account,
    )
