"""Daytona: a container for each sandbox."""

from agent_core.contract.matrix.capability import APP, Matrix, guard, native, unenforceable

_TIER = (
    "Daytona does so from its third tier on; on the first two a sandbox always reaches Daytona's own list of services, "
    "such as package indexes, code hosts and storage, and this choice is refused."
)
_NO_LANGUAGE = "At Daytona code runs in Python and Bash only; take the other languages out of the contract."

DAYTONA: Matrix = APP | {
    "provider": native("Each sandbox is a container at Daytona.", "next"),
    "lifecycle.ephemeral": native("The container is deleted when a question is answered."),
    "lifecycle.session": native("One interpreter keeps the variables until the sandbox closes."),
    "lifecycle.idle_seconds": native(
        "This app closes a sandbox that rests for longer; Daytona does, minutes later, if the app has died."
    ),
    "lifecycle.max_seconds": native(
        "This app closes a sandbox that is older; Daytona does, minutes later, if the app has died."
    ),
    "network.deny": native(f"Nothing is let out. {_TIER}"),
    "network.allowlist": native(f"At most ten domains are let out. {_TIER}"),
    "network.open": native(
        "Daytona lets everything out from its third tier on; on the first two, only its own list of services, such as "
        "package indexes, code hosts and storage."
    ),
    "filesystem.ephemeral": native("The disk goes with the container.", "next"),
    "filesystem.volume": native(
        "This app takes the files out of the working folder and puts them into the person's next sandbox.", "next"
    ),
    "filesystem.inputs": guard("Uploaded files are made read-only, which code can undo with sudo.", "next"),
    "filesystem.disk_mib": native("Daytona makes the disk, rounded up to whole GiB.", "next", step=1_024),
    "filesystem.largest_file_mib": guard("A limit set inside the interpreter stops a larger write."),
    "resources.vcpus": native(
        "Daytona gives the container its processors, in whole ones; a running one can get more.", lowered="next"
    ),
    "resources.memory_mib": native(
        "Daytona gives the container its memory, rounded up to whole GiB; inside, a guard keeps the processes to the "
        "contract. A running container can get more.",
        lowered="next",
    ),
    "resources.processes": guard("A limit set inside the interpreter refuses more."),
    "timeout.call_seconds": native(
        "This app interrupts a call at the limit, and deletes the sandbox where that does not help."
    ),
    "billing.rate_card": native("Daytona bills what is allocated, each second that the sandbox runs.", "next"),
    "languages.python": native("Daytona's interpreter runs Python."),
    "languages.bash": guard("Bash runs beside the interpreter; Python could start it, allowed here or not."),
    "languages.javascript": unenforceable(_NO_LANGUAGE),
    "languages.r": unenforceable(_NO_LANGUAGE),
}
