"""Whether code has, or can get, more rights than a program that only computes."""

from agent_core.validation.probes.question import Question, question

_VM = "The sandbox is a machine of its own, in which code may be root."
_REMEDY = "Start the sandbox with new namespaces, without capabilities and with no_new_privs."


def _namespace(name: str, what: str) -> Question:
    return question(
        "privilege",
        f"namespace-{name}",
        f"{what} is not the host's",
        f"inside = os.stat('/proc/self/ns/{name}').st_ino\n"
        f"return ['both are number ' + str(inside)] if inside == T['namespaces'].get('{name}') else []",
        reason="Every namespace that is shared with the host is a part of the host that code sees.",
        if_failed=f"Code shares the host's {name} namespace.",
        remedy=_REMEDY,
        held="It is a namespace of the sandbox's own.",
    )


QUESTIONS = (
    _namespace("pid", "The list of processes"),
    _namespace("mnt", "The list of mounts"),
    _namespace("net", "The network"),
    _namespace("user", "The list of users"),
    _namespace("ipc", "Shared memory and semaphores"),
    _namespace("uts", "The machine's name"),
    question(
        "privilege",
        "capabilities",
        "Code has no capability and can get none",
        """
        now = status()
        return [
            name + " " + now[name].strip()
            for name in ("CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd")
            if int(now.get(name, "0"), 16)
        ]
        """,
        reason="A capability is a piece of root's power.",
        if_failed="Code has a piece of root's power.",
        remedy=_REMEDY,
        own_machine=_VM,
    ),
    question(
        "privilege",
        "no-new-privileges",
        "No program that is started gets more rights",
        """
        return [] if status().get("NoNewPrivs", "0").strip() == "1" else ["NoNewPrivs is off"]
        """,
        reason="Without this a set-user-id program would raise its caller.",
        if_failed="A program of the system may hand out rights.",
        remedy=_REMEDY,
        own_machine=_VM,
    ),
    question(
        "privilege",
        "filter",
        "System calls are filtered",
        """
        return [] if status().get("Seccomp", "0").strip() == "2" else ["no filter is in force"]
        """,
        reason="The kernel has some 400 calls; code that computes needs few of them.",
        if_failed="Every fault in a rare system call is open to code.",
        remedy="Load the filter of system calls.",
        own_machine=_VM,
    ),
    question(
        "privilege",
        "new-users",
        "No new namespace of users can be made",
        """
        program = "import ctypes,sys; sys.exit(0 if ctypes.CDLL(None).unshare(0x10000000) == 0 else 3)"
        done = subprocess.run([sys.executable, "-c", program], timeout=20).returncode
        return ["a namespace of users was made"] if done == 0 else []
        """,
        reason="In a namespace of its own code is root, and reaches parts of the kernel that only root reaches.",
        if_failed="Code can become root in a namespace of its own.",
        remedy=_REMEDY,
        own_machine=_VM,
    ),
    question(
        "privilege",
        "new-mounts",
        "No new namespace of mounts or networks can be made",
        """
        found = []
        for flag, name in ((0x00020000, "mounts"), (0x40000000, "networks"), (0x20000000, "processes")):
            program = "import ctypes,sys; sys.exit(0 if ctypes.CDLL(None).unshare(%d) == 0 else 3)" % flag
            if subprocess.run([sys.executable, "-c", program], timeout=20).returncode == 0:
                found.append("of " + name)
        return found
        """,
        reason="Who makes namespaces rearranges what can be seen.",
        if_failed="Code can rearrange its own walls.",
        remedy=_REMEDY,
        own_machine=_VM,
    ),
    question(
        "privilege",
        "joining",
        "No other namespace can be joined",
        """
        found = []
        for path in glob.glob("/proc/1/ns/*") + glob.glob("/proc/%d/ns/*" % os.getppid()):
            with contextlib.suppress(OSError):
                file = os.open(path, os.O_RDONLY)
                program = (
                    "import ctypes,sys; sys.exit(0 if ctypes.CDLL(None).setns(%d, 0) == 0 else 3)" % file
                )
                if (
                    subprocess.run([sys.executable, "-c", program], pass_fds=[file], timeout=20).returncode
                    == 0
                ):
                    found.append(path)
                os.close(file)
        return found
        """,
        reason="A namespace that can be opened can be entered.",
        if_failed="Code can enter the namespaces of what started it.",
        remedy=_REMEDY,
        own_machine=_VM,
    ),
    question(
        "privilege",
        "root",
        "Code can't become root",
        """
        program = "import os,sys\\ntry:\\n os.setuid(0)\\nexcept OSError:\\n sys.exit(3)"
        found = ["it runs as root"] if os.geteuid() == 0 else []
        return found + (
            ["setuid(0) worked"]
            if subprocess.run([sys.executable, "-c", program], timeout=20).returncode == 0
            else []
        )
        """,
        reason="Root is above most walls.",
        if_failed="Code is root.",
        remedy="Run the sandbox as an unprivileged user.",
        own_machine=_VM,
    ),
    question(
        "privilege",
        "root-folder",
        "The root folder can't be changed",
        """
        program = 'import os,sys\\ntry:\\n os.chroot(".")\\nexcept OSError:\\n sys.exit(3)'
        return (
            ["chroot worked"]
            if subprocess.run([sys.executable, "-c", program], timeout=20).returncode == 0
            else []
        )
        """,
        reason="chroot inside of chroot is the oldest way out of one.",
        if_failed="Code can leave a changed root folder.",
        remedy=_REMEDY,
        own_machine=_VM,
    ),
)
