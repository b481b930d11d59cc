"""The same pages over a folder of runs, as a small web site for this machine only."""

import json
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from harness.config import Prices
from harness.errors import HarnessError
from harness.model.score import Outcome
from harness.report.page.assemble import style_policy, style_sheet
from harness.report.page.beside import Reference
from harness.report.page.build import report_page
from harness.report.page.run import ReportRun, read_manifest
from harness.report.plain import plain
from harness.results import ROWS, RunFolder

if TYPE_CHECKING:  # annotations only: most commands need no server
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

LISTED = 200
"""Runs on the first page, the newest."""
_KEPT = 4
"""Reports that are kept, so that to go back and forth is quick."""
_MOST_AT_ONCE = 8
"""Runs in one report."""
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_NO_FRAMES = "frame-ancestors 'none'"
"""What a page's own policy cannot say for itself."""


def create_site(
    results: Path,
    *,
    fixtures: Path | None = None,
    max_mb: float = 64,
    prices: Prices | None = None,
    reference: Callable[[], Reference] | None = None,
) -> "Starlette":
    """Return an application that shows runs, the newest first.

    It answers only to the names of this machine: another site, whose name is made to point here, learns nothing.

    Args:
        results: Where runs are kept.
        fixtures: Where documents are looked for.
        max_mb: The largest document that is read, in megabytes.
        prices: What tokens cost; None: it is not told.
        reference: Reads the baseline that runs are shown beside, anew for each report; None: they stand alone.
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Route

    site = _Site(results=results, fixtures=fixtures, max_mb=max_mb, prices=prices, reference=reference)
    return Starlette(
        routes=[Route("/", site.first_page), Route("/report", site.report)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False)],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcomes:
    """What the first page tells of a run."""

    counts: Counter[str]
    """Rows by outcome; a row that cannot be read counts as `unreadable`."""


@dataclass(kw_only=True, slots=True)
class _Site:
    """The pages, and what is remembered between requests."""

    results: Path
    fixtures: Path | None
    max_mb: float
    prices: Prices | None
    reference: Callable[[], Reference] | None
    _reports: OrderedDict[object, bytes] = field(default_factory=OrderedDict)
    _outcomes: dict[object, _Outcomes] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def first_page(self, _request: "Request") -> "Response":
        """List the runs."""
        folders = self._folders()
        rows = "\n".join(self._line(folder) for folder in folders[:LISTED])
        more = f"<p class='muted'>and {len(folders) - LISTED} older ones</p>" if len(folders) > LISTED else ""
        body = _LIST.format(rows=rows, more=more) if folders else "<p>No runs yet: <kbd>pytest cases/</kbd></p>"
        return _page("Runs", body)

    def report(self, request: "Request") -> "Response":
        """Show one run, or several side by side."""
        from starlette.responses import Response

        asked = list(dict.fromkeys(request.query_params.getlist("run")))
        known = {folder.path.name: folder for folder in self._folders()}
        if not asked or len(asked) > _MOST_AT_ONCE or any(name not in known for name in asked):
            message = f"Name one to {_MOST_AT_ONCE} runs that exist." if not asked or set(asked) <= set(known) else ""
            return _page("No such run", f"<p>{message or 'There is no such run.'}</p>", status=404)
        try:
            page = self._made([known[name] for name in asked])
        except HarnessError as error:
            return _page("This run cannot be shown", f"<pre class='text'>{escape(plain(str(error)))}</pre>", status=422)
        headers = {**_HEADERS, "Content-Security-Policy": _NO_FRAMES}
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)

    def _folders(self) -> Sequence[RunFolder]:
        """Return the runs. Only what is found here can be asked for, so that no name leads anywhere else."""
        paths = [path.parent for path in self.results.glob(f"*/{ROWS}") if path.is_file() and _is_plain(path.parent)]
        return [RunFolder(path=path) for path in sorted(paths, key=lambda path: path.name, reverse=True)]

    def _made(self, folders: Sequence[RunFolder]) -> bytes:
        reference = self.reference() if self.reference else None
        key = (*map(_state, folders), reference.state if reference else None)
        with self._lock:  # two reports at once would take twice the memory, and be no sooner done
            if key not in self._reports:
                runs = [ReportRun.of_folder(folder) for folder in folders]
                self._reports[key] = report_page(
                    runs, fixtures=self.fixtures, max_mb=self.max_mb, prices=self.prices, reference=reference
                )
            self._reports.move_to_end(key)
            while len(self._reports) > _KEPT:
                self._reports.popitem(last=False)
            return self._reports[key]

    def _line(self, folder: RunFolder) -> str:
        key = _state(folder)
        if key not in self._outcomes:
            self._outcomes[key] = _Outcomes(counts=Counter(_read_outcomes(folder)))
        counts, manifest = self._outcomes[key].counts, read_manifest(folder)
        name = escape(folder.path.name, quote=True)
        passed, total = counts["grounded"] + counts["correct_refusal"], counts.total()
        told = " ".join(f"<span class='chip o-{what}'>{count} {_WORDS[what]}</span>" for what, count in _told(counts))
        return _LINE.format(
            name=name,
            query=escape(urlencode({"run": folder.path.name}), quote=True),
            command=escape(plain(_command(manifest))),
            passed=f"{passed}/{total}",
            told=told,
        )


def _command(manifest: Mapping[str, object]) -> str:
    command = manifest.get("command")
    return " ".join(str(word) for word in command)[:200] if isinstance(command, list) else "broken off"


def _state(folder: RunFolder) -> tuple[str, int, int]:
    status = (folder.path / ROWS).stat()
    return folder.path.name, status.st_mtime_ns, status.st_size


def _is_plain(folder: Path) -> bool:
    """Tell whether a page can say the name; our own are. A name that is no UTF-8 is not printable either."""
    return folder.name.isprintable()


def _read_outcomes(folder: RunFolder) -> Iterator[str]:
    with (folder.path / ROWS).open("rb") as lines:
        for line in lines:
            try:
                outcome = json.loads(line)["score"]["outcome"]
            except (ValueError, KeyError, TypeError):  # torn by a crash, or written by another version
                yield "unreadable"
            else:
                yield outcome if outcome in set(Outcome) else "unreadable"


_WORDS = {
    "grounded": "grounded",
    "correct_refusal": "correct refusal",
    "incomplete": "incomplete",
    "over_refusal": "over-refusal",
    "missed_refusal": "missed refusal",
    "ungrounded": "ungrounded",
    "error": "error",
    "unreadable": "unreadable",
}


def _told(counts: Counter[str]) -> Iterator[tuple[str, int]]:
    for outcome in _WORDS:
        if counts[outcome]:
            yield outcome, counts[outcome]


def _page(title: str, body: str, status: int = 200) -> "Response":
    from starlette.responses import HTMLResponse

    policy = f"default-src 'none'; style-src {style_policy()}; form-action 'self'; base-uri 'none'; {_NO_FRAMES}"
    html = _FRAME.format(title=title, style=style_sheet(), body=body)
    headers = {**_HEADERS, "Content-Security-Policy": policy}
    return HTMLResponse(html.encode("utf-8", "replace"), status_code=status, headers=headers)


_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Harness</title><style>{style}</style></head>
<body><header class="bar"><h1><a href="/">Harness</a></h1></header><main><h2>{title}</h2>{body}</main></body></html>
"""
_LIST = """<form action="/report" method="get" class="runs">
<p class="count">Choose several to see them side by side. <button type="submit">Compare</button></p>
<div class="scroll" tabindex="0" role="region" aria-label="Runs"><table class="plain"><thead><tr>
<th scope="col"></th><th scope="col">run</th><th scope="col" class="n">passed</th><th scope="col">outcomes</th>
<th scope="col">command</th></tr></thead><tbody>
{rows}
</tbody></table></div>{more}</form>
"""
_LINE = """<tr><td><input type="checkbox" name="run" value="{name}" aria-label="Choose {name}"></td>\
<th scope="row"><a href="/report?{query}"><bdi>{name}</bdi></a></th><td class="n">{passed}</td><td>{told}</td>\
<td class="muted"><bdi>{command}</bdi></td></tr>"""
