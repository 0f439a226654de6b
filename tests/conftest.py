"""Settings for all tests, and an honest last word about those that were skipped."""

import os

import pytest
from hypothesis import settings

# No example database: a run depends on nothing but the tree.
settings.register_profile("meterkast", database=None, deadline=None)
settings.load_profile("meterkast")

_FORBIDDEN = os.environ.get("METERKAST_SKIPS") == "forbidden"


def _skipped(reporter: pytest.TerminalReporter) -> list[pytest.TestReport]:
    return reporter.stats.get("skipped", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each skipped test: its name and its reason."""
    for report in _skipped(terminalreporter):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.write_line(f"skipped: {report.nodeid}: {reason.removeprefix('Skipped: ')}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where skips are forbidden (.ci/run), a skipped test is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if _FORBIDDEN and exitstatus == 0 and reporter is not None and _skipped(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
