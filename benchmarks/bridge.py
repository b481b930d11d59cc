"""Run the committed suites through the bridge, and compare outcomes case by case with the committed recordings.

    python benchmarks/bridge.py [--target assistants | responses]

A scripted chat endpoint stands for a language model behind `harness serve --upstream`. It knows, from the recordings,
what was said to each question under each instruction, and which passages that was cited from; it does not know where
the files are. For each question it searches them through the `file_search` function that the bridge offers: for the
question, then for the words of each passage. Then it says the recorded answer in pieces of seven characters (which cut
citation marks in two), each mark with the number under which the bridge has shown the passage, or another of its file
where that passage was not found (a total of a table stands in no passage). Where the recording called functions, it
calls them too.

- `equal`: cases whose outcome is that of the recording, and `cases`: how many there are; the goal is all of them
- `citations`: share of the recorded citations that the bridge has made annotations of the same file again
- `errors`: cases that could not be run
- `requests`: what the scripted endpoint was asked, and `seconds`: what pytest took for all cases, live

The last line is one JSON object of these figures.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge_upstream import Book, Saying, upstream

from harness.model.row import Row
from harness.model.transcript import FileSearchStep, FunctionStep, TextPart
from harness.results import RunFolder, read_rows

ROOT = Path(__file__).resolve().parents[1]
MODEL = "scripted-upstream"


def run(project: Path, *options: str) -> dict[str, Row]:
    """Run all suites and variants of a project, and return the rows by node."""
    command = [sys.executable, "-m", "pytest", "cases", "-q", "--harness-variant=*", *options]
    finished = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    runs = sorted((project / "results").glob("*/results.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    if not runs:
        sys.exit(f"no results from {' '.join(command)}:\n{finished.stdout[-2000:]}{finished.stderr[-2000:]}")
    return {row.planned.node: row for row in read_rows(RunFolder(path=runs[-1].parent))}


def book_of(rows: Mapping[str, Row]) -> Book:
    """Return what was said in the recordings, for the scripted endpoint to say again."""
    return Book([saying for row in rows.values() for saying in _sayings(row)])


def _sayings(row: Row) -> Iterator[Saying]:
    assistant = row.planned.assistant
    prompts: list[str] = []
    for turn in row.transcript.turns:
        prompts.append(turn.prompt)
        if turn.final is None:
            continue
        found = [result for step in turn.final.steps if isinstance(step, FileSearchStep) for result in step.results]
        text, cites = "", []
        for part in turn.final.parts:
            if isinstance(part, TextPart):
                for cited in part.citations:
                    result = found[cited.result_index] if cited.result_index is not None else None
                    passage = (result.file_name, result.text or "") if result else (cited.file_name or "", "")
                    cites.append((len(text) + cited.start, len(text) + cited.end, *passage))
            text += part.text
        yield Saying(
            rules=(assistant.run_instructions or assistant.instructions, assistant.additional_run_instructions),
            prompts=tuple(prompts),
            text=text,
            cites=tuple(cites),
            calls=tuple((s.name, s.arguments) for s in turn.final.steps if isinstance(s, FunctionStep)),
        )


@contextmanager
def bridge(upstream_url: str) -> Iterator[str]:
    """Serve with an upstream, as `harness serve --upstream` does; yield the base URL."""
    command = [sys.executable, "-P", "-m", "harness.server", "--exit-with-stdin", "--upstream", upstream_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()  # `listening on URL`; what went wrong stands on standard error
            yield line.split()[-1] if line else sys.exit("the server did not start")
        finally:
            process.stdin.close()


def cited_files(row: Row) -> Counter[tuple[int, str]]:
    """Return how often each turn of a row cites each document."""
    return Counter(
        (number, cited.document or "")
        for number, turn in enumerate(row.transcript.turns)
        for part in (turn.final.parts if turn.final else ())
        if isinstance(part, TextPart)
        for cited in part.citations
    )


def compared(recorded: Mapping[str, Row], bridged: Mapping[str, Row]) -> dict[str, Any]:
    """Return the figures, and print the cases that differ."""
    differing = []
    for node, row in recorded.items():
        other = bridged.get(node)
        told = "no row" if other is None else other.outcome.value
        if told != row.outcome.value:
            differing.append(node)
            error = other.transcript.error if other is not None else None
            print(f"  {node}: {row.outcome.value} recorded, {told} through the bridge {error.message if error else ''}")
    before = sum((cited_files(row) for row in recorded.values()), Counter[tuple[int, str]]())
    kept = sum(
        ((cited_files(row) & cited_files(bridged[node])).total() for node, row in recorded.items() if node in bridged),
        0,
    )
    return {
        "cases": len(recorded),
        "equal": len(recorded) - len(differing),
        "errors": sum(row.outcome.value == "error" for row in bridged.values()),
        "citations": round(kept / max(1, before.total()), 3),
        "differing": differing,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", choices=["assistants", "responses"], default="assistants")
    target = parser.parse_args().target
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        for name in ("cases", "fixtures", "cassettes"):
            shutil.copytree(ROOT / name, project / name)
        (project / "pyproject.toml").write_text("[tool.harness]\n", encoding="utf-8")
        recorded = run(project, "--harness-record=none")
        shutil.rmtree(project / "cassettes")
        book = book_of(recorded)
        with upstream(book) as url, bridge(url) as base_url:
            began = time.perf_counter()
            options = ("--harness-record=all", f"--harness-model={MODEL}", f"--harness-target={target}")
            bridged = run(project, f"--harness-endpoint={base_url}", *options)
            seconds = time.perf_counter() - began
    print(f"{len(recorded)} cases on {target}: replayed from the recordings, and live through the bridge")
    figures = compared(recorded, {_renamed(node, recorded): row for node, row in bridged.items()})
    figures |= {"unknown_questions": book.unknown, "requests": book.requests, "seconds": round(seconds, 1)}
    print(json.dumps({"target": target, **figures}))


def _renamed(node: str, recorded: Mapping[str, Row]) -> str:
    """Return a node as the recordings name it: a target other than theirs stands in its name."""
    return node if node in recorded else node.replace("-responses]", "]").replace("[responses]", "")


if __name__ == "__main__":
    main()
