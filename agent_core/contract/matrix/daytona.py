"""Daytona: a container for each sandbox."""

from agent_core.contract.matrix.capability import APP, Matrix, guard, native, unenforceable

_TIER = "Daytona does so from its third tier on; below, its own list of services stays open."
_NO_LANGUAGE = "At Daytona code runs in Python and Bash only; take the other languages out of the contract."

DAYTONA: Matrix = APP | {
    "provider": native("Each sandbox is a container at Daytona.", "next"),
    "lifecycle.ephemeral": native("The container is deleted when a question is answered."),
    "lifecycle.session": native("One interpreter keeps the variables until the sandbox closes."),
    "lifecycle.idle_seconds": native("This app closes a sandbox that rests for longer; Daytona counts in minutes."),
    "lifecycle.max_seconds": native("This app closes a sandbox that is older; Daytona ends it in whole minutes."),
    "network.deny": native(f"Nothing is let out. {_TIER}"),
    "network.allowlist": native(f"Only a short list of domains is let out. {_TIER}"),
    "network.open": native(f"Everything is let out. {_TIER}"),
    "filesystem.ephemeral": native("The disk goes with the container.", "next"),
    "filesystem.volume": native("A folder for each person on a shared volume is mounted.", "next"),
    "filesystem.inputs": guard("Uploaded files are made read-only, which code can undo with sudo.", "next"),
    "filesystem.disk_mib": native("The container's disk is made in whole GiB.", "next"),
    "filesystem.largest_file_mib": guard("A limit set inside the interpreter stops a larger write."),
    "resources.vcpus": native("Daytona gives the container its processors.", "next"),
    "resources.memory_mib": native("Daytona gives the container its memory, in whole GiB.", "next"),
    "resources.processes": guard("A limit set inside the interpreter refuses more."),
    "timeout.call_seconds": native("This app interrupts a call at the limit."),
    "billing.rate_card": native("Daytona bills what is allocated, each second that the sandbox runs.", "next"),
    "languages.python": native("Daytona's interpreter runs Python."),
    "languages.bash": native("Daytona runs Bash commands beside the interpreter."),
    "languages.javascript": unenforceable(_NO_LANGUAGE),
    "languages.r": unenforceable(_NO_LANGUAGE),
}
