"""`ringfence validate`: whether a provider keeps a contract, with a report and an exit code."""

import asyncio
import sys
from pathlib import Path

import click

from agent_core.cli.opener import by_command
from agent_core.cli.session import contract_in
from agent_core.config import Settings
from agent_core.contract import PROVIDERS, Contract, ProviderName, moved
from agent_core.errors import RingfenceError
from agent_core.sandbox.providers import provider
from agent_core.validation.base import GROUPS, Group, Progress, Report
from agent_core.validation.forms import digest, to_json
from agent_core.validation.junit import to_junit
from agent_core.validation.printing import OUTCOMES, to_html, verdict
from agent_core.validation.validate import validate

_NOT_RUN = 2
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command
@click.option("--provider", "name", type=click.Choice(PROVIDERS), help="Where to try it; the contract's own otherwise.")
@click.option("--contract", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A YAML file.")
@click.option("--only", type=click.Choice(list(GROUPS)), multiple=True, help="A group of probes; may be repeated.")
@click.option("--html", type=_FILE, help="Write the report for people there.")
@click.option("--json", "json_file", type=_FILE, help="Write it for machines there.")
@click.option("--junit", type=_FILE, help="Write it for continuous integration there.")
def command(
    *,
    name: ProviderName | None,
    source: Path | None,
    only: tuple[Group, ...],
    html: Path | None,
    json_file: Path | None,
    junit: Path | None,
) -> None:
    """Try to break out of a sandbox, and report what held.

    Ends with 0 when nothing got through, with 1 when something did, and with 2 when it could not be tried.
    """
    try:
        contract = contract_in(source) if source else Contract()
        if name:
            contract = moved(contract, name)
        report = asyncio.run(_validate(contract, only))
    except (RingfenceError, ValueError, OSError) as error:
        click.echo(str(error), err=True)
        sys.exit(_NOT_RUN)
    for path, text in ((html, to_html(report)), (json_file, to_json(report)), (junit, to_junit(report))):
        if path:
            path.write_text(text, "utf-8")
    _tell(report)
    if not report.passed:
        sys.exit(1 if report.count("failed") else _NOT_RUN)


async def _validate(contract: Contract, only: tuple[Group, ...]) -> Report:
    def tell(progress: Progress) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\033[K{progress.done} of {progress.of}: {progress.trying}", nl=False, err=True)

    opened = provider(contract.provider, Settings.from_environment(), by_command())
    try:
        await opened.warm()
        return await validate(opened, contract, 0, progress=tell, only=only)
    finally:
        await opened.aclose()
        if sys.stderr.isatty():
            click.echo("\r\033[K", nl=False, err=True)


def _tell(report: Report) -> None:
    for finding in report.of_group("checks"):
        click.echo(f"{OUTCOMES[finding.outcome]:<14} {finding.probe.title}. {_printable(finding.seen)}")
    for group, title in GROUPS.items():
        found = report.of_group(group)
        if found and group != "checks":
            held = sum(finding.outcome == "passed" for finding in found)
            click.echo(f"{held:>3} of {len(found):<3} held  {title}")
    for finding in report.findings:
        if finding.outcome in {"failed", "inconclusive"} and finding.probe.group != "checks":
            click.echo(f"{OUTCOMES[finding.outcome]:<14} {finding.probe.title}. {_printable(finding.seen)}")
    click.echo(f"{verdict(report)} in {report.seconds:.1f} s. SHA-256 {digest(report)}")


def _printable(text: str) -> str:
    """What came out of a sandbox, without what would move a terminal's cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
