"""Whether a connection gets anywhere that the network clause doesn't allow. Listeners wait on the host."""

from agent_core.validation.probes.question import question

_REMEDY = "Give the sandbox an empty network namespace, and let what the contract allows through the proxy alone."
_VM = "The sandbox is a machine of its own, with a network that its provider filters outside of it."

QUESTIONS = (
    question(
        "network",
        "loopback",
        "The host's own services can't be reached",
        """
        return (
            ["127.0.0.1:%d" % T["tcp"]]
            if connects(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", T["tcp"]))
            else []
        )
        """,
        reason="Databases and the app itself listen on the host's loopback. A listener waits there.",
        if_failed="Code can talk to services that trust the host.",
        remedy=_REMEDY,
        held="The listener on the host was not reached.",
    ),
    question(
        "network",
        "addresses",
        "The host's other addresses can't be reached",
        """
        return [
            address
            for address in T["addresses"]
            if connects(socket.AF_INET, socket.SOCK_STREAM, (address, T["tcp"]))
        ]
        """,
        reason="A service that listens everywhere is found at each of them.",
        if_failed="Code can reach the host, and probably the network around it.",
        remedy=_REMEDY,
    ),
    question(
        "network",
        "any-address",
        "The address of no machine in particular doesn't lead to the host",
        """
        return (
            ["0.0.0.0:%d" % T["tcp"]]
            if connects(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", T["tcp"]))
            else []
        )
        """,
        reason="0.0.0.0 is a way to say localhost that filters forget.",
        if_failed="Code can talk to services that trust the host.",
        remedy=_REMEDY,
    ),
    question(
        "network",
        "loopback-6",
        "The same holds for IPv6",
        """
        return (
            ["[::1]:%d" % T["tcp6"]]
            if T["tcp6"] and connects(socket.AF_INET6, socket.SOCK_STREAM, ("::1", T["tcp6"]))
            else []
        )
        """,
        reason="A rule for IPv4 says nothing about IPv6.",
        if_failed="Code can talk to services that trust the host.",
        remedy=_REMEDY,
    ),
    question(
        "network",
        "datagrams",
        "No datagram leaves",
        """
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sent:
            sent.settimeout(1)
            sent.sendto(T["marker"].encode(), ("127.0.0.1", T["udp"]))
            if sent.recv(64):
                return ["the listener answered"]
        return []
        """,
        reason="Names are asked for by datagrams, and data can be hidden in the names.",
        if_failed="Data can leave by way of name servers.",
        remedy=_REMEDY,
        held="The listener on the host got none.",
    ),
    question(
        "network",
        "metadata",
        "There is no way to a cloud's metadata",
        """
        found = []
        for address in ("169.254.169.254", "169.254.170.2", "100.100.100.200"):
            with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
                asked.connect((address, 80))
                found.append("there is a route to " + address)
        return found
        """,
        reason="Whoever asks there gets the machine's own keys to the cloud.",
        if_failed="Code may get the machine's keys to the cloud.",
        remedy=_REMEDY,
        own_machine=_VM,
    ),
    question(
        "network",
        "routes",
        "There is no way to any other machine",
        """
        found = []
        for address in ("192.0.2.1", "10.0.0.1", "192.168.0.1", "172.16.0.1"):
            with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
                asked.connect((address, 9))
                found.append("there is a route to " + address)
        return found
        """,
        reason="A route is all that a connection needs.",
        if_failed="Connections can be made past the proxy.",
        remedy=_REMEDY,
        own_machine=_VM,
    ),
    question(
        "network",
        "interfaces",
        "There is no interface but the sandbox's own loopback",
        """
        text = open("/proc/net/dev").read()
        return [
            line.split(":")[0].strip()
            for line in text.splitlines()[2:]
            if line.split(":")[0].strip() != "lo"
        ]
        """,
        reason="An interface leads somewhere.",
        if_failed="The sandbox is on a network.",
        remedy=_REMEDY,
        own_machine=_VM,
    ),
    question(
        "network",
        "raw",
        "No raw packet can be made",
        """
        found = []
        for family, kind, protocol, name in (
            (socket.AF_INET, socket.SOCK_RAW, 1, "raw"),
            (17, socket.SOCK_RAW, 0, "packet"),
        ):
            with contextlib.suppress(OSError):
                socket.socket(family, kind, protocol).close()
                found.append("a socket of the kind " + name)
        return found
        """,
        reason="A raw packet bears whatever sender it likes.",
        if_failed="Code can listen to and forge what is on the network.",
        remedy=_REMEDY,
        own_machine=_VM,
    ),
    question(
        "network",
        "kinds",
        "No socket of an unusual kind can be made",
        """
        found = []
        for family, name in (
            (16, "netlink"),
            (38, "crypto"),
            (40, "virtual machines"),
            (31, "Bluetooth"),
            (29, "CAN"),
        ):
            with contextlib.suppress(OSError):
                socket.socket(
                    family,
                    socket.SOCK_RAW
                    if family in (16, 31, 29)
                    else socket.SOCK_STREAM
                    if family == 40
                    else socket.SOCK_SEQPACKET,
                    0 if family != 29 else 1,
                ).close()
                found.append(name)
        return found
        """,
        reason="Faults in the kernel are found in rare kinds of sockets.",
        if_failed="Code reaches rarely used parts of the kernel.",
        remedy=_REMEDY,
        own_machine=_VM,
    ),
    question(
        "network",
        "proxy",
        "The proxy leads to no private address",
        """
        import urllib.request

        found = []
        for address in ("127.0.0.1:%d" % T["tcp"], *["%s:%d" % (one, T["tcp"]) for one in T["addresses"]]):
            with contextlib.suppress(OSError, ValueError):
                urllib.request.urlopen("http://" + address + "/", timeout=3).read(1)
                found.append(address)
        return found
        """,
        reason="What is let through by name must not lead back to the host by number.",
        if_failed="Code can reach the host by way of the app's own proxy.",
        remedy="Refuse private addresses in the proxy.",
    ),
)
