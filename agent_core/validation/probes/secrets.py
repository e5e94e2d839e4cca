"""Whether a secret of the host or of the app is anywhere inside."""

from agent_core.validation.probes.question import question

_ROTATE = "Change the keys that this process has, and find out how they came in."

QUESTIONS = (
    question(
        "secrets",
        "environment",
        "The app's environment is not the sandbox's",
        """
        return [name for name, value in os.environ.items() if T["secret"] in value]
        """,
        reason="Keys are handed to programs in their environment. A canary was set in the app's.",
        if_failed="Code can read the app's keys.",
        remedy=_ROTATE,
        held="The canary of the app's environment is not in the sandbox's.",
    ),
    question(
        "secrets",
        "environments",
        "No process that can be seen has it either",
        """
        return [path for path, text in own_processes() if T["secret"].encode() in text]
        """,
        reason="The environment of every process can be read in /proc, that of the sandbox's first one too.",
        if_failed="What starts the sandbox hands on the app's keys.",
        remedy=_ROTATE,
    ),
    question(
        "secrets",
        "key-names",
        "Nothing in the environment is called a key",
        """
        words = ("API_KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL")
        return [
            name
            for name in os.environ
            if any(word in name.upper() for word in words) and not name.startswith("E2B_")
        ]
        """,
        reason="Whatever is called so is probably one.",
        if_failed="A key is in the sandbox's environment.",
        remedy=_ROTATE,
    ),
    question(
        "secrets",
        "files",
        "No credentials are where programs look for them",
        """
        home = os.path.expanduser("~")
        names = (
            ".aws/credentials",
            ".ssh",
            ".netrc",
            ".config/gcloud",
            ".kube/config",
            ".docker/config.json",
            ".pgpass",
            ".git-credentials",
            ".npmrc",
            ".pypirc",
        )
        paths = [os.path.join(place, name) for place in {home, *T["homes"]} for name in names]
        paths += ["/run/secrets", "/var/run/secrets/kubernetes.io", "/etc/kubernetes"]
        return [path for path in paths if os.path.exists(path)] + [
            path for path in T["credentials"] if os.path.exists(path)
        ]
        """,
        reason="Programs keep them in files with well-known names.",
        if_failed="Code can act in the name of whoever they belong to.",
        remedy=_ROTATE,
    ),
    question(
        "secrets",
        "descriptors",
        "No open file of the app was inherited",
        """
        found = []
        for name in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):
                target = os.readlink("/proc/self/fd/" + name)
                if (
                    target.startswith(tuple(T["folders"]))
                    or any(target == path for path in T["files"])
                    or T["marker"] in target
                ):
                    found.append(target)
        return found
        """,
        reason="An open file stays open over every wall that is built afterwards.",
        if_failed="Code can read or write what the app has open.",
        remedy=_ROTATE,
    ),
    question(
        "secrets",
        "command-lines",
        "No command line that can be seen tells a path of the host",
        """
        return [
            pid
            for pid, line in command_lines()
            if any(path.encode() in line for path in T["folders"] + T["files"])
        ]
        """,
        reason="The words that a program was started with can be read in /proc.",
        if_failed="Code learns where the host keeps things.",
        remedy="Give the sandbox's programs shorter command lines.",
    ),
    question(
        "secrets",
        "keyring",
        "The kernel's keyrings can't be read",
        """
        code = call(number(250, 219), 0, -3, 1)
        return [] if refused(code) else ["keyctl answered " + errno.errorcode.get(code, "with success")]
        """,
        reason="Kerberos tickets and disk keys are kept there.",
        if_failed="Code can use keys of the user's session.",
        remedy=_ROTATE,
        own_machine="The keyrings are the sandbox's own machine's.",
    ),
)
