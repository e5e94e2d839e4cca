"""E2B: a micro virtual machine for each sandbox."""

from agent_core.contract.matrix.capability import APP, Matrix, guard, native, unenforceable

_NO_LANGUAGE = (
    "E2B's interpreter for this language can't be held to the contract's limits, so code runs in Python and Bash only; "
    "take the other languages out of the contract."
)

E2B: Matrix = APP | {
    "provider": native("Each sandbox is a virtual machine at E2B.", "next"),
    "lifecycle.ephemeral": native("The virtual machine is ended when a question is answered."),
    "lifecycle.session": native("One interpreter keeps the variables until the sandbox closes."),
    "lifecycle.idle_seconds": native("This app closes a sandbox that rests for longer."),
    "lifecycle.max_seconds": native(
        "This app closes a sandbox that is older; E2B does, minutes later, if the app has died. "
        "The account's tier sets the most: one hour or a day."
    ),
    "network.deny": native("E2B lets nothing out."),
    "network.allowlist": native(
        "E2B lets only these names out, by the host that a connection to port 80 or 443 asks for. No name server "
        "can be reached, so each host is named in full."
    ),
    "network.open": native("E2B lets everything out."),
    "filesystem.ephemeral": native("The disk goes with the virtual machine.", "next"),
    "filesystem.volume": native(
        "This app takes the files out of the working folder and puts them into the person's next sandbox.", "next"
    ),
    "filesystem.inputs": guard("Uploaded files are made read-only, which determined code could undo.", "next"),
    "filesystem.disk_mib": guard("E2B fixes the disk by its template; what is used is watched and a call stopped."),
    "filesystem.largest_file_mib": guard("A limit set inside the interpreter stops a larger write."),
    "resources.vcpus": native("The template of the virtual machine sets its processors, at least these.", "next"),
    "resources.memory_mib": native(
        "The template of the virtual machine sets its memory; inside, a guard keeps the processes to the contract.",
        "next",
        lowered="now",
    ),
    "resources.processes": guard("A limit set inside the interpreter refuses more."),
    "timeout.call_seconds": native(
        "This app interrupts a call at the limit, and ends the sandbox where that does not help."
    ),
    "billing.rate_card": native("E2B bills what is allocated, each second that the sandbox runs.", "next"),
    "languages.python": native("E2B's interpreter runs Python."),
    "languages.bash": guard("Bash runs beside the interpreter; Python could start it, allowed here or not."),
    "languages.javascript": unenforceable(_NO_LANGUAGE),
    "languages.r": unenforceable(_NO_LANGUAGE),
}
