"""This machine: bubblewrap, the kernel's namespaces and limits."""

from agent_core.contract.matrix.capability import APP, Matrix, guard, native, unenforceable

_NO_LANGUAGE = "On this machine code runs in Python and Bash only; take the other languages out of the contract."

LOCAL: Matrix = APP | {
    "provider": native("Each sandbox runs in namespaces of its own on this machine.", "next"),
    "lifecycle.ephemeral": native("The sandbox is closed, with all that is in it, when a question is answered."),
    "lifecycle.session": native("One process keeps the variables until the sandbox closes."),
    "lifecycle.idle_seconds": native("This app closes a sandbox that rests for longer."),
    "lifecycle.max_seconds": native("This app closes a sandbox that is older."),
    "network.deny": native(
        "The sandbox has a network of its own with nothing in it; the proxy of this app, its only way out, refuses all."
    ),
    "network.allowlist": native(
        "A proxy of this app, the sandbox's only way out, passes HTTP and HTTPS on to listed names and to no private "
        "address; nothing else gets out."
    ),
    "network.open": guard(
        "A proxy of this app passes HTTP and HTTPS on to every public address, and to no private one; programs that "
        "can't use a proxy stay without network."
    ),
    "filesystem.ephemeral": native("The working folder is memory of the sandbox and goes with it.", "next"),
    "filesystem.volume": native(
        "This app takes the files out of the working folder and puts them into the person's next sandbox.", "next"
    ),
    "filesystem.inputs": native("Uploaded files are mounted for reading only.", "next"),
    "filesystem.disk_mib": native("The working folder is a file system of exactly this size.", "next"),
    "filesystem.largest_file_mib": native("The kernel stops a write beyond the limit.", "next", lowered="now"),
    "resources.vcpus": native("The kernel shares out processor time, in whole cores where it has no finer means."),
    "resources.memory_mib": native("The kernel ends what needs more memory.", "next", lowered="now"),
    "resources.processes": native("The kernel refuses to start more.", "next", lowered="now"),
    "timeout.call_seconds": native("This app interrupts a call at the limit, and ends it where that does not help."),
    "billing.rate_card": native("Time on your own machine is free; another card shows what it would cost there."),
    "languages.python": native("Python runs in the sandbox."),
    "languages.bash": guard("Bash runs in the same sandbox; Python could start it, allowed here or not."),
    "languages.javascript": unenforceable(_NO_LANGUAGE),
    "languages.r": unenforceable(_NO_LANGUAGE),
}
