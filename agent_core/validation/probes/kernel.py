"""Whether code reaches parts of the host's kernel that no program of its kind needs.

System calls are made so that they can do no harm where they are let through: their arguments are refused by the
kernel itself, after the question whether the caller may. "Not permitted" is a wall; any other answer is none.
"""

from agent_core.validation.probes.question import Question, question

_VM = "The kernel is the sandbox's own machine's, not the host's."
_REMEDY = "Refuse the call in the filter of system calls, and drop every capability."


def _call(name: str, what: str, numbers: tuple[int, int], arguments: str, means: str) -> Question:
    return question(
        "kernel",
        name,
        f"{what}",
        f"code = call(number({numbers[0]}, {numbers[1]}), {arguments})\n"
        f"return [] if refused(code) else ['the kernel answered ' + errno.errorcode.get(code, 'with success')]",
        reason=f"The call {name.replace('-', '_')} reaches deep into the kernel.",
        if_failed=means,
        remedy=_REMEDY,
        held="The kernel refused the call.",
        own_machine=_VM,
    )


QUESTIONS = (
    question(
        "kernel",
        "sysctl",
        "No setting of the kernel can be changed",
        """
        return [
            path
            for path in (
                "/proc/sys/kernel/core_pattern",
                "/proc/sys/kernel/hostname",
                "/proc/sys/vm/overcommit_memory",
                "/proc/sys/kernel/modprobe",
            )
            if writable(path)
        ]
        """,
        reason="Who sets the program for core dumps has it run as root.",
        if_failed="Code can take over the host by a setting.",
        remedy="Mount /proc/sys read-only, and don't run as root.",
        own_machine=_VM,
    ),
    question(
        "kernel",
        "sysrq",
        "The machine can't be told to stop",
        """
        return [
            path for path in ("/proc/sysrq-trigger", "/sys/power/state", "/dev/watchdog") if writable(path)
        ]
        """,
        reason="One letter written there ends the host.",
        if_failed="Code can stop the machine.",
        remedy="Hide these files.",
        own_machine=_VM,
    ),
    question(
        "kernel",
        "sys",
        "Nothing of /sys can be changed",
        """
        found = [
            path
            for path in (
                "/sys/kernel/uevent_helper",
                "/sys/kernel/mm/ksm/run",
                "/sys/module/zswap/parameters/enabled",
            )
            if writable(path)
        ]
        return found + [
            folder
            for folder in glob.glob("/sys/fs/cgroup") + glob.glob("/sys/fs/cgroup/*")
            if os.path.isdir(folder) and makes_folder(folder)
        ]
        """,
        reason="/sys holds the kernel's switches, and the limits of the sandbox.",
        if_failed="Code can raise its own limits.",
        remedy="Leave /sys out of the sandbox.",
        own_machine=_VM,
    ),
    question(
        "kernel",
        "memory",
        "The kernel's memory can't be read",
        """
        return [path for path in ("/proc/kcore", "/proc/kpagemap", "/proc/vmallocinfo") if readable(path)]
        """,
        reason="It holds everything that any program of the host works on.",
        if_failed="Code can read all secrets of the machine.",
        remedy="Hide these files.",
        own_machine=_VM,
    ),
    question(
        "kernel",
        "addresses",
        "The kernel's addresses are not told",
        """
        text = readable("/proc/kallsyms") or b""
        return (
            ["/proc/kallsyms tells addresses"]
            if text and text[:16].strip(b"0") != b"" and not text.startswith(b"0000000000000000")
            else []
        )
        """,
        reason="An attack on the kernel begins with where its parts are.",
        if_failed="An attack on the kernel gets easier.",
        remedy="Set kernel.kptr_restrict.",
        own_machine=_VM,
    ),
    question(
        "kernel",
        "log",
        "The kernel's log can't be read",
        """
        found = ["/dev/kmsg"] if os.path.exists("/dev/kmsg") and readable("/dev/kmsg") is not None else []
        code = call(number(103, 116), 10, 0, 0)
        return (
            found
            if refused(code)
            else [*found, "syslog answered " + errno.errorcode.get(code, "with success")]
        )
        """,
        reason="It names devices, addresses and programs of the host.",
        if_failed="Code learns about the host.",
        remedy=_REMEDY,
        own_machine=_VM,
    ),
    question(
        "kernel",
        "schedule",
        "The pressure of other work on the host is not told",
        """
        return [
            path
            for path in ("/proc/sched_debug", "/proc/timer_list", "/sys/kernel/debug/sched/debug")
            if readable(path)
        ]
        """,
        reason="These lists name every program of the host.",
        if_failed="Code can watch what the host does.",
        remedy="Hide these files.",
        own_machine=_VM,
    ),
    _call("bpf", "No program can be loaded into the kernel", (321, 280), "0, 0, 0", "Code can run inside the kernel."),
    _call(
        "perf-event-open",
        "Other programs can't be measured",
        (298, 241),
        "0, 0, -1, -1, 0",
        "Code can spy on others by their timing.",
    ),
    _call(
        "userfaultfd", "Page faults can't be held up", (323, 282), "1 << 20", "Attacks on races in the kernel get easy."
    ),
    _call(
        "io-uring-setup",
        "Asynchronous calls can't get around the filter",
        (425, 425),
        "0, 0",
        "Calls can be made that the filter doesn't see.",
    ),
    _call(
        "kexec-load", "No other kernel can be loaded", (246, 104), "0, 0, 0, 1 << 30", "Code can replace the kernel."
    ),
    _call("init-module", "No module can be loaded", (175, 105), "0, 0, 0", "Code can extend the kernel."),
    _call(
        "delete-module", "No module can be taken out", (176, 106), "0, 0", "Code can take defences out of the kernel."
    ),
    _call(
        "open-by-handle-at",
        "No file can be opened by its number",
        (304, 265),
        "-1, 0, 0",
        "Code can open any file of the disk, whatever folder it sees.",
    ),
    _call(
        "swapon",
        "Memory can't be moved to a file",
        (167, 224),
        "0, 0",
        "Code can have the host's memory written to where it reads.",
    ),
    _call(
        "acct",
        "Nobody's programs can be recorded",
        (163, 89),
        "-1",
        "Code can have the kernel write a log wherever it wants.",
    ),
    _call("quotactl", "Nobody's quota can be changed", (179, 60), "-1, 0, 0, 0", "Code can lift the limits of disks."),
    _call("reboot", "The machine can't be started anew", (169, 142), "0, 0, 0, 0", "Code can stop the machine."),
    _call("sethostname", "The machine can't be renamed", (170, 161), "0, -1", "Code can change the host's name."),
    _call(
        "personality",
        "Memory can't be laid out as an attack needs it",
        (135, 92),
        "0xffffffff",
        "Faults in programs get easier to use.",
    ),
)
