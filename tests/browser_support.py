"""A real Chromium for tests of pages, and a record of everything a page should not do."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_WATCH = """
window.__caught = [];
for (const name of ["securitypolicyviolation", "error", "unhandledrejection"]) {
  addEventListener(name, (event) => window.__caught.push(
    `${name} ${event.violatedDirective || ""} ${event.message || (event.reason && event.reason.stack) || ""}`), true);
}
window.pwned = (what) => window.__caught.push(`executed ${what}`);
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium that the system has. Without one a test is skipped, and in CI it fails."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: .ci/run installs Debian's package `chromium`")
        pytest.skip("NO CHROMIUM: the report's pages are not tested; install the package `chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass(kw_only=True)
class Watched:
    """A page, and what it did beyond showing itself."""

    page: Page
    context: BrowserContext
    seen: list[str] = field(default_factory=list)
    """Dialogs, requests, popups, downloads, errors."""

    def misdeeds(self) -> list[str]:
        """Return all that happened, also what only the page itself noticed."""
        caught: list[str] = self.page.evaluate("window.__caught")
        return self.seen + caught


@contextmanager
def watched(browser: Browser, url: str, *, wait: str = "html[data-ready]", **options: Any) -> Iterator[Watched]:
    """Open an address; any request but for itself is recorded, and refused."""
    context = browser.new_context(**options)
    context.add_init_script(_WATCH)
    page = context.new_page()
    found = Watched(page=page, context=context)
    own = url.partition("#")[0]

    def dismiss(dialog: Dialog) -> None:
        found.seen.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("console", lambda message: found.seen.append(f"console {message.text}"))
    page.on("pageerror", lambda error: found.seen.append(f"error {error}"))
    page.on("popup", lambda popup: found.seen.append(f"popup {popup.url}"))
    page.on("download", lambda download: found.seen.append(f"download {download.url}"))
    page.on("request", lambda request: None if request.url.partition("#")[0] == own else found.seen.append(request.url))
    try:
        page.goto(url)
        page.wait_for_selector(wait, state="attached")
        yield found
    finally:
        context.close()
