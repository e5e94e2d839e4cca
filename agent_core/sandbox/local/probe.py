"""Whether this machine lets us make a jail at all, tried once."""

import subprocess
from functools import cache
from pathlib import Path

from agent_core.errors import ProviderUnavailable
from agent_core.jail import Jail, command, system_binds
from agent_core.sandbox.local import seccomp

_SECONDS = 20
_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_CLONE = Path("/proc/sys/kernel/unprivileged_userns_clone")
_MOST = Path("/proc/sys/user/max_user_namespaces")


@cache
def why_not() -> str | None:
    """None when a jail can be made; else a sentence that says why not and what to do."""
    try:
        seccomp.program()
        argv = command(Jail(system_binds()[0], "/"), ["/usr/bin/true"])
    except ProviderUnavailable as error:
        return str(error)
    try:
        done = subprocess.run(  # noqa: S603  a fixed program
            argv, cwd="/", env={}, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap could not be run on this machine: {type(error).__name__}."
    return None if done.returncode == 0 else explain(done.stderr.decode("utf-8", "replace"))


def explain(said: str) -> str:
    """A sentence for what bubblewrap said, and what the operator can do about it."""
    said = " ".join(said.split())[:200]
    if _value(_APPARMOR) == "1":
        advice = (
            "AppArmor forbids user namespaces here. Allow them with "
            "'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0', or give bubblewrap an AppArmor profile "
            "with the 'userns' permission."
        )
    elif _value(_CLONE) == "0":
        advice = "User namespaces are switched off. Allow them with 'sudo sysctl kernel.unprivileged_userns_clone=1'."
    elif _value(_MOST) == "0":
        advice = "User namespaces are switched off. Allow them with 'sudo sysctl user.max_user_namespaces=10000'."
    else:
        advice = (
            "If the app runs in a container, start that with '--security-opt seccomp=unconfined "
            "--security-opt apparmor=unconfined --security-opt systempaths=unconfined'."
        )
    return f"This machine does not let the app make sandboxes (bubblewrap says: {said}). {advice}"


def _value(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None
