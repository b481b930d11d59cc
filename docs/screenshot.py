"""Make docs/report.png: a case of a report in Chromium, a claim opened in its document.

python docs/screenshot.py [--to FILE]

The cases run in a copy, on the embedded server's model that embroiders: there is more to see than in a good answer.
"""  # noqa: INP001 - a script, no package

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).parents[1]
NEEDED = ("cases", "fixtures", "pyproject.toml")
SUITE = "cases/policies.yaml"
CASE = "restocking-fee-for-a-laptop"
SIZE = {"width": 1120, "height": 640}


def main() -> None:
    """Run the suite, write the report, open the case, take the picture."""
    parser = argparse.ArgumentParser(description="Make the README's picture.")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "report.png")
    with tempfile.TemporaryDirectory() as folder:
        take(report_of(Path(folder)), parser.parse_args().to)


def report_of(folder: Path) -> Path:
    """Return the report of a run in a folder."""
    for name in NEEDED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    harness = [str(Path(sys.executable).with_name("harness"))]
    # Most cases fail: that model is there to be caught. The report is made of what they came to.
    subprocess.run([*harness, "run", "-q", SUITE, "--harness-model=eager"], cwd=folder, check=False)  # noqa: S603
    subprocess.run([*harness, "report", "latest"], cwd=folder, check=True)  # noqa: S603
    return folder / "report.html"


def take(page: Path, to: Path) -> None:
    """Open the case, click its first supported claim, and write what is seen."""
    from playwright.sync_api import sync_playwright

    browser_path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        tab = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        tab.goto(f"{page.as_uri()}#q={quote(CASE)}")
        tab.wait_for_selector("html[data-ready]", state="attached")
        tab.locator("#rows a", has_text=CASE).first.click()
        tab.locator(".claim.s-supported").first.click()
        tab.screenshot(path=to, animations="disabled")
        browser.close()


if __name__ == "__main__":
    main()
