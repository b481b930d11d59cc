"""A run as one HTML file that needs nothing else: no network, no server, no build step."""

from harness.report.page.beside import Reference
from harness.report.page.build import report_page
from harness.report.page.run import ReportRun

__all__ = ["Reference", "ReportRun", "report_page"]
