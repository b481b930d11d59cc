"""How large and how quick a report of ten thousand cases is, in headless Chromium.

harness report's own code makes the file; its rows are those of a real run, repeated with other words.

python benchmarks/report.py [--run RUN] [--rows 10000]
"""

import argparse
import json
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.config import find_project
from harness.report.page import ReportRun, report_page
from harness.results import ROWS, RunFolder, find_run

GOALS = {"file_mb": 12.0, "paint_s": 1.5, "keystroke_ms": 50.0}
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
_WORD = re.compile(r"[a-z]{4,}")
_DIGITS = re.compile(r"[0-9]")
_QUERIES = ("laptop", "boston rec", "case-004", "warranty", "zzz")
_PAINTED = """
const watch = new MutationObserver(() => {
  if (!document.documentElement.dataset.ready) return;
  watch.disconnect();
  requestAnimationFrame(() => { const channel = new MessageChannel();
    channel.port1.onmessage = () => { window.__painted = performance.now(); };
    channel.port2.postMessage(0); });
});
watch.observe(document, {attributes: true, subtree: true});
"""
"""Notes when the browser has painted the table and the overview, and listens to keys."""
_TYPE = """(text) => new Promise((resolve) => {
  const search = document.getElementById("search"), began = performance.now();
  search.value = text;
  search.dispatchEvent(new Event("input", {bubbles: true}));
  document.body.getBoundingClientRect();
  const worked = performance.now() - began;
  requestAnimationFrame(() => { const channel = new MessageChannel();
    channel.port1.onmessage = () => resolve([worked, performance.now() - began]);
    channel.port2.postMessage(0); });
})"""
"""Types as a key does: [milliseconds of work and layout, milliseconds until it is painted]."""


def main() -> int:
    """Measure, print, and say whether the goals are met."""
    parser = argparse.ArgumentParser(description="Measure a report of many cases.")
    parser.add_argument("--run", default="latest", help="the run whose rows are varied (default: the latest)")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="keep the report here")
    options = parser.parse_args()
    project = find_project(Path.cwd())
    source = find_run(project.results, options.run)
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(path=Path(folder) / "synthetic")
        run.make()
        write_rows(source.path / ROWS, run.path / ROWS, options.rows)
        began = time.perf_counter()
        page = report_page([ReportRun.of_folder(run)], fixtures=project.fixtures)
        made_s = time.perf_counter() - began
        path = options.keep or Path(folder) / "report.html"
        path.write_bytes(page)
        figures = {"made_s": made_s, "file_mb": len(page) / 1e6} | measure(path)
    for name, figure in figures.items():
        print(f"{name:28}{figure:10.2f}" + (f"   goal <= {GOALS[name]:g}" if name in GOALS else ""))
    print(json.dumps({name: round(figure, 3) for name, figure in figures.items()} | {"goals": GOALS}))
    return int(any(figures[name] > goal for name, goal in GOALS.items()))


def write_rows(source: Path, target: Path, count: int) -> None:
    """Write as many rows as are wanted, each with words and figures of its own."""
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    words = sorted({word for row in rows for word in _WORD.findall(json.dumps(row["transcript"]))})
    by_length: dict[int, list[str]] = {}
    for word in words:
        by_length.setdefault(len(word), []).append(word)
    chance = random.Random(8)
    with target.open("w", encoding="utf-8") as file:
        for number in range(count):
            text = json.dumps(rows[number % len(rows)], ensure_ascii=False)
            file.write(json.dumps(_varied(json.loads(text), number, by_length, chance), ensure_ascii=False) + "\n")


def _varied(row: dict[str, Any], number: int, by_length: dict[int, list[str]], chance: random.Random) -> dict[str, Any]:
    """Replace words by words of the same length, so that each claim still stands where its score says."""

    def other(found: re.Match[str]) -> str:
        if found[0] == "source" or chance.random() < 0.5:  # a citation's marker says `source`
            return found[0]
        return chance.choice(by_length.get(len(found[0]), [found[0]]))

    def vary(text: str) -> str:
        halves = re.split(r"(【[^】]*】)", text)  # markers stay
        varied = [_DIGITS.sub(lambda _: str(chance.randrange(10)), _WORD.sub(other, half)) for half in halves[::2]]
        halves[::2] = varied
        return "".join(halves)

    row["planned"]["case"]["id"] = f"case-{number:05}"
    row["planned"]["line"] = number
    for turn, score in zip(row["transcript"]["turns"], row["score"]["turns"], strict=False):
        turn["prompt"] = vary(turn["prompt"])
        for attempt in turn["attempts"]:
            for part in attempt["parts"]:
                part["text"] = vary(part["text"])
            for timing in filter(None, [attempt["timing"]]):
                timing["duration_s"] = round(chance.lognormvariate(0.5, 0.6), 3)
        for claim in score["claims"]:
            claim["text"] = vary(claim["text"])
    return row


def measure(path: Path) -> dict[str, float]:
    """Open the report in Chromium and use it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_ARGUMENTS)
        paints = []
        for _ in range(5):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.add_init_script(_PAINTED)
            page.goto(path.as_uri(), wait_until="commit")
            page.wait_for_selector("html[data-ready]", state="attached")
            page.wait_for_timeout(100)
            paints.append(page.evaluate("window.__painted") / 1000)
            if len(paints) < 5:
                page.close()
        worked, painted = zip(*_typed(page.evaluate), strict=True)
        opens = [page.evaluate(_OPEN, number) for number in (1, 4_321, 9_000)]
        browser.close()
    return {
        "paint_s": statistics.median(paints),
        "paint_s_worst": max(paints),
        "keystroke_ms": statistics.median(painted),
        "keystroke_ms_worst": max(painted),
        "keystroke_work_ms": statistics.median(worked),
        "keystroke_work_ms_worst": max(worked),
        "case_open_ms": statistics.median(opens),
    }


_OPEN = """async (number) => {
  const row = rows[number % rows.length], began = performance.now();
  location.hash = caseHash(row);
  while (document.getElementById("case-title")?.textContent !== row.case) await new Promise((go) => setTimeout(go, 1));
  return performance.now() - began;
}"""


def _typed(evaluate: Callable[[str, str], list[float]]) -> Iterator[list[float]]:
    """Type each query letter by letter, from the first letter after the page has opened."""
    for query in _QUERIES:
        for length in range(1, len(query) + 1):
            yield evaluate(_TYPE, query[:length])


if __name__ == "__main__":
    sys.exit(main())
