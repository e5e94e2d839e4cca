"""A report for people: one HTML file with no part from elsewhere, and nothing in it that runs."""

from html import escape

from agent_core.contract.summary import summarise
from agent_core.contract.words import PROVIDER_NAMES, unbroken
from agent_core.validation.base import GROUPS, Finding, Group, Outcome, Report
from agent_core.validation.forms import digest

OUTCOMES: dict[Outcome, str] = {
    "passed": "Held",
    "failed": "Failed",
    "inconclusive": "Not seen",
    "not_applicable": "Does not apply",
}
"""Each outcome in a word or two."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --ink: #1d1d1b; --soft: #62605a; --line: #dddad2; --paper: #fff;
  --passed: #2f7d69; --failed: #b3372b; --inconclusive: #a8671d; --not_applicable: #8a877f; }
@media (prefers-color-scheme: dark) { :root { --ink: #ecebe6; --soft: #a5a299; --line: #3a3935; --paper: #181817;
  --passed: #5fb89f; --failed: #e8796d; --inconclusive: #e0a35c; --not_applicable: #9a978e; } }
body { font: 11pt/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 52rem; margin: 2.5rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .5rem; }
.about, small, .seen { color: var(--soft); }
.lead { font-size: 1.05rem; margin: 1.2rem 0; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .8rem .45rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; width: 52%; }
small, .seen { display: block; font-size: .82rem; font-weight: 400; overflow-wrap: anywhere; }
.outcome { font-weight: 600; white-space: nowrap; }
.outcome::before { content: ""; display: inline-block; width: .5em; height: .5em; margin-right: .5em;
  border-radius: 50%; background: currentColor; }
.passed { color: var(--passed); } .failed { color: var(--failed); }
.inconclusive { color: var(--inconclusive); } .not_applicable { color: var(--not_applicable); }
code { overflow-wrap: anywhere; }
tr { break-inside: avoid; }
@media (max-width: 34rem) { tr, th, td { display: block; width: auto; } th { border: 0; padding-bottom: 0; } }
@page { margin: 18mm; }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 10pt; } }
"""


def to_html(report: Report) -> str:
    """The whole report, to be read on a screen or printed. What came out of a sandbox is text here."""
    named = PROVIDER_NAMES.get(report.contract.provider, report.provider)
    provider = escape(named[:1].upper() + named[1:])
    name = escape(report.contract.name)
    version = f", version {report.contract_version}" if report.contract_version else ""
    when = f"on {report.started_at.day} {report.started_at:%B %Y at %H:%M %Z}"
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>Validation of {escape(named)}</title>',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{_STYLE}</style></head><body>",
            f"<h1>{escape(verdict(report))}</h1>",
            f'<p class="about">{provider} under the contract “{name}”{version}, {when}, in {report.seconds:.0f} s.</p>',
            f'<p class="lead">{escape(unbroken(summarise(report.contract)))}</p>',
            *(_group(group, report.of_group(group)) for group in GROUPS if report.of_group(group)),
            _versions(report),
            "</body></html>",
            "",
        )
    )


def verdict(report: Report) -> str:
    """The report in a sentence."""
    failed, held = report.count("failed"), report.count("passed")
    if failed:
        return f"{failed} of {failed + held} probes got through"
    return f"All {held} probes were held" if held else "Nothing could be tried"


def _group(group: Group, findings: tuple[Finding, ...]) -> str:
    rows = "".join(map(_row, findings))
    return f"<h2>{escape(GROUPS[group])}</h2><table><tbody>{rows}</tbody></table>"


def _row(finding: Finding) -> str:
    probe = finding.probe
    means = f"<small>{escape(probe.if_failed)} {escape(probe.remedy)}</small>" if finding.outcome == "failed" else ""
    return (
        f'<tr><th scope="row">{escape(probe.title)}<small>{escape(probe.reason)}</small></th>'
        f'<td><span class="outcome {finding.outcome}">{OUTCOMES[finding.outcome]}</span>'
        f'<span class="seen">{escape(unbroken(finding.seen))}</span>{means}</td></tr>'
    )


def _versions(report: Report) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(version)}</td></tr>'
        for name, version in report.versions.items()
    )
    return (
        f"<h2>What took part</h2><table><tbody>{rows}</tbody></table>"
        f"<p><small>SHA-256 over all that is said here: <code>{digest(report)}</code></small></p>"
    )
