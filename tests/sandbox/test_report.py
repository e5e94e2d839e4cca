"""What the app says about its providers is what the suite says."""

import pytest

from agent_core.contract.promises import conformance
from tests.sandbox import report
from tests.sandbox.conformance import SandboxConformance


def test_the_report_is_of_this_suite():
    """`python -m tests.sandbox.report` writes it anew."""
    assert report.WRITTEN.read_text(encoding="utf-8") == report.written()


@pytest.mark.parametrize("provider", report.SUITES)
def test_every_known_difference_is_of_a_test(provider):
    """One that is misspelt would excuse nothing."""
    suite = report.suite(provider)
    assert issubclass(suite, SandboxConformance)
    assert all(hasattr(SandboxConformance, name.partition("[")[0]) for name in suite.KNOWN_DIFFERENCES)


def test_the_local_sandbox_keeps_them_all():
    """It is the measure for the others."""
    assert conformance().kept("local") == len(conformance().promises) > 40
