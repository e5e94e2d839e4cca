"""A report as JUnit XML, which every continuous integration reads."""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from agent_core.validation.base import GROUPS, Report
from agent_core.validation.forms import digest

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 can't hold, escaped or not."""


def to_junit(report: Report) -> str:
    """A test suite for each group, and a test case for each probe. What could not be seen counts as skipped."""
    root = Element("testsuites", name="ringfence", time=f"{report.seconds:.3f}")
    for group, title in GROUPS.items():
        findings = report.of_group(group)
        if not findings:
            continue
        outcomes = [finding.outcome for finding in findings]
        skipped = len(outcomes) - outcomes.count("passed") - outcomes.count("failed")
        suite = SubElement(
            root,
            "testsuite",
            name=title,
            tests=str(len(findings)),
            failures=str(outcomes.count("failed")),
            errors="0",
            skipped=str(skipped),
            timestamp=report.started_at.isoformat(timespec="seconds"),
            time=f"{sum(finding.seconds for finding in findings):.3f}",
        )
        properties = SubElement(suite, "properties")
        bound = {"provider": report.provider, "contract": report.contract.name, "digest": digest(report)}
        for name, value in {**bound, **report.versions}.items():
            SubElement(properties, "property", name=_clean(name), value=_clean(value))
        for finding in findings:
            case = SubElement(
                suite,
                "testcase",
                classname=f"ringfence.{report.provider}.{group}",
                name=finding.probe.title,
                time=f"{finding.seconds:.3f}",
            )
            if finding.outcome == "failed":
                SubElement(case, "failure", message=_clean(finding.seen)).text = finding.probe.remedy
            elif finding.outcome != "passed":
                SubElement(case, "skipped", message=_clean(finding.seen))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
