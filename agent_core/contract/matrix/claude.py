"""Claude's hosted code execution: a container of Anthropic's, with everything but its use decided there."""

from agent_core.contract.matrix.capability import APP, Matrix, fixed, guard, native, unenforceable

_NO_NETWORK = "Claude's hosted sandbox never has a network; choose no network, or another provider."
_NO_LANGUAGE = "Claude's hosted sandbox runs Python and Bash only; take the other languages out of the contract."

CLAUDE: Matrix = APP | {
    "provider": native("Anthropic runs the code where it runs the model, from the next question on.", "next"),
    "lifecycle.ephemeral": native("Each question gets a new container.", "next"),
    "lifecycle.session": native("The container is used again; files stay, variables do not.", "next"),
    "lifecycle.idle_seconds": native(
        "This app lets go of a container that rests for longer, and deletes the files that it sent; Anthropic puts one "
        "to rest after about five minutes."
    ),
    "lifecycle.max_seconds": native(
        "This app lets go of a container that is older; Anthropic ends one after 30 days at most."
    ),
    "network.deny": fixed("Anthropic gives the container no network."),
    "network.allowlist": unenforceable(_NO_NETWORK),
    "network.open": unenforceable(_NO_NETWORK),
    "filesystem.ephemeral": fixed("Files live in the container."),
    "filesystem.volume": unenforceable(
        "Claude's hosted sandbox has no volumes; choose files that go with the sandbox."
    ),
    "filesystem.inputs": guard("Files are sent again for each container; the originals are kept by this app."),
    "filesystem.disk_mib": fixed("Claude's hosted sandbox has a disk of 5 GiB: set the disk to 5120 MiB.", 5_120),
    "filesystem.largest_file_mib": native("This app measures a file before it sends or takes it."),
    "resources.vcpus": fixed("Claude's hosted sandbox has 1 vCPU: set the vCPUs to 1.", 1.0),
    "resources.memory_mib": fixed("Claude's hosted sandbox has 5 GiB of memory: set the memory to 5120 MiB.", 5_120),
    "resources.processes": fixed("Anthropic decides how many processes there may be."),
    "timeout.call_seconds": guard(
        "This app stops waiting for a command at the limit, ends the question and lets go of the container. The "
        "command can't be interrupted there; Anthropic ends it by a limit of its own."
    ),
    "timeout.turn_seconds": native(
        "This app stops a question that runs longer, by cancelling the request; a command under way there may go on."
    ),
    "billing.rate_card": native(
        "Container time is estimated at Anthropic's published $0.05 an hour, at least five minutes each; what of it "
        "falls under the account's free hours can't be seen from here.",
        "next",
    ),
    "languages.python": fixed("Claude's hosted sandbox always runs Python."),
    "languages.bash": fixed("Claude's hosted sandbox always runs Bash."),
    "languages.javascript": unenforceable(_NO_LANGUAGE),
    "languages.r": unenforceable(_NO_LANGUAGE),
}
