"""Whether code reaches files of the host, or writes where it may not."""

from agent_core.validation.probes.question import question

_READ = "Uploads of other people, keys and the app's own data lie there."
_TIGHTEN = "Close this provider to conversations until it is mended; on the local provider report it with this report."
_VM = "The sandbox is a machine of its own: its root belongs to the code."

QUESTIONS = (
    question(
        "filesystem",
        "home",
        "No file in the host's home folder can be read",
        """
        return [path for path in T["files"] if holds(path, T["secret"])]
        """,
        reason="A file with a random secret was laid into the home folder of the app's user, and is sought inside.",
        if_failed=f"Code can read what the app's user can read. {_READ}",
        remedy=_TIGHTEN,
        held="The file that was laid into the home folder and the temporary folder is not there.",
    ),
    question(
        "filesystem",
        "app",
        "The app's own folders can't be read",
        """
        return [path for path in T["folders"] if os.path.isdir(path) and os.listdir(path)]
        """,
        reason="The folders of the program and of its database hold other conversations.",
        if_failed="Code can read other people's conversations and files.",
        remedy=_TIGHTEN,
    ),
    question(
        "filesystem",
        "system-writes",
        "The system's folders can't be written to",
        """
        return [
            folder
            for folder in (
                "/",
                "/usr",
                "/usr/bin",
                "/usr/lib",
                "/etc",
                "/opt",
                "/var",
                "/root",
                "/boot",
                "/home",
            )
            if makes(folder)
        ]
        """,
        reason="A program that is replaced there would run later, for somebody else.",
        if_failed="Code can change programs that others run.",
        remedy=_TIGHTEN,
        own_machine=_VM,
    ),
    question(
        "filesystem",
        "shadow",
        "The host's password file can't be read",
        """
        return [
            path for path in ("/etc/shadow", "/etc/gshadow", "/etc/sudoers") if readable(path) is not None
        ]
        """,
        reason="It holds the hashes of all passwords of the machine.",
        if_failed="Passwords of the host can be guessed at leisure.",
        remedy=_TIGHTEN,
        own_machine=_VM,
    ),
    question(
        "filesystem",
        "people",
        "The host's users are not known inside",
        """
        text = readable("/etc/passwd") or b""
        import pwd

        return [one.pw_name for one in pwd.getpwall() if one.pw_name in T["users"]]
        """,
        reason="The names of the host's users are a beginning for guessing at them.",
        if_failed="The host's list of users is bound into the sandbox.",
        remedy=_TIGHTEN,
        own_machine=_VM,
        held="None of the host's users is listed inside.",
    ),
    question(
        "filesystem",
        "process-roots",
        "No other root can be entered by way of /proc",
        """
        found = []
        for path in glob.glob("/proc/[0-9]*/root") + glob.glob("/proc/[0-9]*/cwd"):
            found += [path + file for file in T["files"] if holds(path + file, T["secret"])]
        return found
        """,
        reason="/proc has a door to the root of every process that it shows.",
        if_failed="Code can walk out of its file system.",
        remedy=_TIGHTEN,
    ),
    question(
        "filesystem",
        "mounts",
        "The list of mounts shows nothing of the host",
        """
        text = open("/proc/self/mountinfo").read()
        return [
            path
            for path in T["folders"] + [os.path.dirname(one) for one in T["files"]]
            if len(path) > 5 and (" " + path + " " in text)
        ]
        """,
        reason="A mount's source tells where the host keeps things.",
        if_failed="Folders of the host are mounted inside, or their names are told.",
        remedy=_TIGHTEN,
        own_machine=_VM,
    ),
    question(
        "filesystem",
        "mounting",
        "Nothing can be mounted",
        """
        os.makedirs("m", exist_ok=True)
        done = _libc.mount(b"none", b"m", b"tmpfs", 0, None)
        if done == 0:
            _libc.umount2(b"m", 2)
            return ["a file system was mounted"]
        return []
        """,
        reason="What is mounted over a folder hides or replaces it.",
        if_failed="Code can rearrange its file system, the read-only parts too.",
        remedy=_TIGHTEN,
        own_machine=_VM,
    ),
    question(
        "filesystem",
        "disks",
        "No disk and no memory device can be opened",
        """
        found = []
        for pattern in (
            "/dev/mem",
            "/dev/kmem",
            "/dev/port",
            "/dev/sd*",
            "/dev/vd*",
            "/dev/nvme*",
            "/dev/dm-*",
            "/dev/loop*",
            "/dev/mapper/*",
        ):
            found += [path for path in glob.glob(pattern) if os.access(path, os.R_OK)]
        return found
        """,
        reason="A disk that can be read is every file on it.",
        if_failed="Code can read the host's disks past every permission.",
        remedy=_TIGHTEN,
        own_machine=_VM,
    ),
    question(
        "filesystem",
        "drivers",
        "No device that makes machines, networks or file systems can be opened",
        """
        return [
            path
            for path in (
                "/dev/kvm",
                "/dev/net/tun",
                "/dev/fuse",
                "/dev/vhost-net",
                "/dev/vhost-vsock",
                "/dev/uinput",
                "/dev/snapshot",
                "/dev/loop-control",
                "/dev/btrfs-control",
                "/dev/autofs",
                "/dev/cuse",
                "/dev/hpet",
                "/dev/rtc0",
            )
            if os.path.exists(path)
        ]
        """,
        reason="Each is a way to a driver in the host's kernel.",
        if_failed="A fault in one of these drivers is a way out.",
        remedy=_TIGHTEN,
        own_machine=_VM,
    ),
    question(
        "filesystem",
        "nodes",
        "No device can be made",
        """
        import stat

        try:
            os.mknod("node", 0o600 | stat.S_IFBLK, os.makedev(7, 0))
        except OSError:
            return []
        os.unlink("node")
        return ["a block device was made"]
        """,
        reason="A device file of one's own making is as good as the system's.",
        if_failed="Code can open any device of the host.",
        remedy=_TIGHTEN,
        own_machine=_VM,
    ),
    question(
        "filesystem",
        "set-user-id",
        "No program raises its caller's rights",
        """
        import stat

        found = []
        for folder in ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/local/bin"):
            for name in os.listdir(folder) if os.path.isdir(folder) else []:
                with contextlib.suppress(OSError):
                    if os.stat(os.path.join(folder, name)).st_mode & stat.S_ISUID:
                        found.append(os.path.join(folder, name))
        return found if status().get("NoNewPrivs") != "1" else []
        """,
        reason="A set-user-id program runs as root whoever calls it.",
        if_failed="A fault in one of these programs makes the code root.",
        remedy=_TIGHTEN,
        own_machine=_VM,
    ),
    question(
        "filesystem",
        "shared-memory",
        "The host's shared memory is not the sandbox's",
        """
        return [path for path in T["shared"] if holds(path, T["secret"])]
        """,
        reason="The folder /dev/shm is where programs of the host exchange data.",
        if_failed="Code can read and change what programs of the host share.",
        remedy=_TIGHTEN,
    ),
    question(
        "filesystem",
        "inputs",
        "Uploaded files can't be changed by code",
        """
        path = "inputs/" + T["input"]
        found = ["it can be written to"] if writable(path) else []
        if makes("inputs"):
            found.append("a file can be made beside it")
        try:
            os.rename(path, path + ".moved")
        except OSError:
            return found
        os.rename(path + ".moved", path)
        return [*found, "it can be renamed"]
        """,
        reason="What a person uploaded must be what the next question reads.",
        if_failed="An answer may rest on data that an earlier run has changed.",
        remedy=_TIGHTEN,
        held="An uploaded file can be read, and neither written, renamed nor joined by another.",
    ),
)
