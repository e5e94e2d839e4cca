"""Whether code sees, reaches or talks to anything that runs on the host."""

from agent_core.validation.probes.question import question

_REMEDY = "Give the sandbox a namespace of processes, of shared memory and of the network of its own."

QUESTIONS = (
    question(
        "processes",
        "seen",
        "No process of the host can be seen",
        """
        return ["process " + pid for pid, line in command_lines() if T["beacon"].encode() in line]
        """,
        reason="A process with a random word in its command line was started on the host, and is sought inside.",
        if_failed="Code sees what else runs on the host.",
        remedy=_REMEDY,
        held="The process that was started on the host is not in the list.",
    ),
    question(
        "processes",
        "signals",
        "No process of the host can be signalled",
        """
        found = []
        for pid, line in command_lines():
            if T["beacon"].encode() in line:
                with contextlib.suppress(OSError):
                    os.kill(int(pid), 0)
                    found.append("process " + pid)
        return found
        """,
        reason="What can be signalled can be ended.",
        if_failed="Code can end programs of the host, the app too.",
        remedy=_REMEDY,
    ),
    question(
        "processes",
        "memory",
        "No other process's memory can be read",
        """
        found = []
        for pid, line in command_lines():
            if T["beacon"].encode() in line or pid in ("1", str(os.getppid())):
                if int(pid) != os.getpid() and os.access("/proc/" + pid + "/mem", os.R_OK):
                    with contextlib.suppress(OSError):
                        open("/proc/" + pid + "/mem", "rb").close()
                        found.append("process " + pid)
        return found
        """,
        reason="A key that a program works with is in its memory.",
        if_failed="Code can read the memory of what started it, or of the host.",
        remedy=_REMEDY,
        own_machine="All processes of the sandbox's machine are the code's own.",
    ),
    question(
        "processes",
        "tracing",
        "No process can be traced but the code's own",
        """
        program = "import ctypes,sys; sys.exit(0 if ctypes.CDLL(None).ptrace(0x4206, %d, None, None) == 0 else 3)"
        found = []
        for pid, line in command_lines():
            known = T["beacon"].encode() in line or pid in ("1", str(os.getppid()))
            if known and int(pid) != os.getpid():
                # By a child that ends at once, and lets go with that.
                if subprocess.run([sys.executable, "-c", program % int(pid)], timeout=20).returncode == 0:
                    found.append("process " + pid)
        return found
        """,
        reason="Who traces a program makes it do anything.",
        if_failed="Code can take over what started it.",
        remedy="Refuse ptrace in the filter of system calls.",
        own_machine="All processes of the sandbox's machine are the code's own.",
    ),
    question(
        "processes",
        "socket",
        "A socket of the host's files can't be reached",
        """
        return [path for path in T["sockets"] if connects(socket.AF_UNIX, socket.SOCK_STREAM, path)]
        """,
        reason="Databases, containers and desktops listen on such sockets. One was opened on the host.",
        if_failed="Code can talk to services of the host.",
        remedy=_REMEDY,
    ),
    question(
        "processes",
        "known-sockets",
        "No service listens where code can reach it",
        """
        paths = (
            "/var/run/docker.sock",
            "/run/docker.sock",
            "/run/containerd/containerd.sock",
            "/run/podman/podman.sock",
            "/run/dbus/system_bus_socket",
            "/run/systemd/private",
            "/run/snapd.socket",
            "/run/crio/crio.sock",
        )
        return [path for path in paths if os.path.exists(path)] + [
            path for path in T["services"] if os.path.exists(path)
        ]
        """,
        reason="Who talks to Docker's socket is root on the host.",
        if_failed="Code can start containers, or programs, on the host.",
        remedy="Bind no socket into the sandbox.",
        own_machine="The services are the sandbox's own machine's.",
    ),
    question(
        "processes",
        "abstract",
        "A socket without a file can't be reached either",
        """
        return (
            ["the socket answered"]
            if connects(socket.AF_UNIX, socket.SOCK_STREAM, chr(0) + T["abstract"])
            else []
        )
        """,
        reason="Such sockets belong to the network namespace, not to the file system. One was opened on the host.",
        if_failed="Code shares the host's network namespace.",
        remedy=_REMEDY,
    ),
    question(
        "processes",
        "shared-segments",
        "Segments of shared memory are not the host's",
        """
        found = _libc.shmget(T["segment"], 0, 0)
        return ["segment %d can be opened" % found] if found >= 0 else []
        """,
        reason="One was made on the host, and is sought inside by its number.",
        if_failed="Code shares memory with programs of the host.",
        remedy=_REMEDY,
    ),
    question(
        "processes",
        "terminal",
        "There is no terminal whose input could be forged",
        """
        found = []
        with contextlib.suppress(OSError):
            os.close(os.open("/dev/tty", os.O_RDWR))
            found.append("/dev/tty opens")
        return (
            found
            + [str(one) for one in range(3) if os.isatty(one)]
            + (
                []
                if os.getsid(0) != T["leader"] or T["leader"] == 0
                else ["it shares the session of the app"]
            )
        )
        """,
        reason="Letters pushed into a terminal are typed by whoever sits there.",
        if_failed="Code can type commands into the app's terminal.",
        remedy="Start the sandbox in a session of its own.",
    ),
)
