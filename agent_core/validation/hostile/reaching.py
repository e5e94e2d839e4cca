"""Attempts to get at this machine, and to get data out of the sandbox."""

from agent_core.contract import LANGUAGES, Contract
from agent_core.validation.hostile import programs
from agent_core.validation.hostile.attempt import Attempt
from agent_core.validation.hostile.scene import UPLOAD, Scene, Told

_OWN_MACHINE = "The sandbox is a machine of its own at the provider: nothing of this one is in it."


async def read_files(scene: Scene) -> Attempt:
    """Open a file of this machine."""
    told = Told(
        "files",
        "Read a file of this machine",
        "It opened a file on the app's machine by its path, the list of passwords, and another process's files.",
        "sandbox",
        _local(scene, "The file system: of this machine only the interpreter and its libraries are in the sandbox."),
    )
    outcome = await scene.run(programs.read_files(str(scene.canaries.file)))
    leaked = scene.holds(scene.canaries.in_file, outcome)
    return told.ended(outcome, got_through="A file of this machine was read inside the sandbox." if leaked else "")


async def read_processes(scene: Scene) -> Attempt:
    """Look for secrets in the environment of other processes."""
    told = Told(
        "environment",
        "Read the app's environment",
        "It read the environment and the command line of every process that it could see.",
        "sandbox",
        _local(scene, "The process namespace, and an environment built from nothing: the sandbox sees its own only."),
    )
    outcome = await scene.run(programs.read_processes())
    leaked = scene.holds(scene.canaries.in_process, outcome)
    return told.ended(outcome, got_through="A process of this machine was seen inside the sandbox." if leaked else "")


async def send_away(scene: Scene) -> Attempt:
    """Send an uploaded file somewhere."""
    contract = scene.bench.contract
    told = Told(
        "network",
        "Send an uploaded file away",
        "It sent the file to this machine and to the internet: by connection, web request, datagram and name.",
        "sandbox",
        _network(contract),
    )
    before = len(scene.canaries.heard)
    outcome = await scene.run(programs.send_away(UPLOAD, scene.canaries.port))
    if len(scene.canaries.heard) > before:
        return told.ended(outcome, got_through="A listener on this machine was reached from inside the sandbox.")
    if contract.network.mode == "open":
        return told.ended(outcome, ending="allowed")
    sent = "SENT" in outcome.stdout
    return told.ended(
        outcome, got_through="The sandbox let data out, although the contract forbids it." if sent else ""
    )


async def other_language(scene: Scene) -> Attempt:
    """Call the tool with a language that the contract leaves out."""
    left_out = [name for name in LANGUAGES if name not in scene.bench.contract.languages.allowed]
    told = Told(
        "language",
        "Run a language that the contract leaves out",
        f"It called the tool with the language {left_out[0] if left_out else 'python'}.",
        "tools",
        "The languages clause: the tool refused the call before the sandbox saw it.",
    )
    if not left_out:
        return told.as_attempt("allowed", "This contract allows every language.")
    outcome = await scene.run("print('ran')", language=left_out[0])
    ran = outcome.error != "clause_refused"
    return told.ended(outcome, got_through="The code ran." if ran else "")


def _local(scene: Scene, sentence: str) -> str:
    return sentence if scene.bench.contract.provider == "local" else _OWN_MACHINE


def _network(contract: Contract) -> str:
    match contract.network.mode:
        case "deny":
            return "The network clause: it allows nothing, not even the lookup of a name."
        case "allowlist":
            return "The network clause: only the hosts on its list can be reached, and this machine is never one."
        case "open":
            return (
                "This contract opens the network: code can send data anywhere but to this machine and to "
                "private networks. Choose an allowlist if that is more than you need."
            )
