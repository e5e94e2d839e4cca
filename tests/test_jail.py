"""The bubblewrap command line, as a value."""

import os
import sys
from pathlib import Path

import pytest

from agent_core import drop_root
from agent_core.jail import Bind, Jail, Tmpfs, command, command_by_descriptor, system_binds

JAIL = Jail(
    mounts=(
        Bind(Path("/usr"), "/usr"),
        Tmpfs("/work", 64),
        Bind(Path("/var/tmp"), "/work/in"),
        Bind(Path("/tmp"), "/out", writable=True),
    ),
    working_folder="/work",
    environment=(("HOME", "/work"),),
    seccomp_fd=7,
)


def after(arguments: list[str], option: str) -> list[str]:
    return [arguments[place + 1] for place, argument in enumerate(arguments) if argument == option]


@pytest.mark.parametrize(
    "option", ["--unshare-all", "--disable-userns", "--die-with-parent", "--new-session", "--clearenv"]
)
def test_it_always_isolates(option):
    """Namespaces, terminal, life and environment are the jail's own, whatever it holds."""
    assert option in command(Jail((), "/"), ["true"])


def test_capabilities_and_network():
    """All capabilities are dropped, and no option shares the network."""
    arguments = command(JAIL, ["true"])
    assert after(arguments, "--cap-drop") == ["ALL"]
    assert "--share-net" not in arguments


def test_mounts_keep_their_order():
    """A folder inside another is mounted after it; sizes are in bytes."""
    arguments = command(JAIL, ["true"])
    assert arguments.index("/work") < arguments.index("/work/in") < arguments.index("/out")
    assert after(arguments, "--size")[:1] == [str(64 << 20)]


def test_the_roots_are_read_only_last():
    """bubblewrap's own root and /dev are closed after everything is mounted on them."""
    arguments = command(JAIL, ["true"])
    assert after(arguments, "--remount-ro") == ["/proc/1", "/dev", "/"]
    assert arguments.index("--remount-ro") > arguments.index("/out")


def test_the_first_process_is_hidden():
    """bubblewrap stays as the first process inside, and its memory knows the host's paths."""
    arguments = command(JAIL, ["true"])
    place = arguments.index("/proc/1")
    assert arguments[place - 5 : place + 1] == ["--perms", "0555", "--size", "4096", "--tmpfs", "/proc/1"]
    assert place > arguments.index("/proc")


def test_the_program_comes_last():
    """What runs is after the last separator, untouched."""
    assert command(JAIL, ["prog", "--bind", "x"])[-4:] == ["--", "prog", "--bind", "x"]


def test_arguments_by_descriptor_name_no_host_path():
    """The jail's first process shows only where its arguments were, and what it runs."""
    argv, packed = command_by_descriptor(JAIL, ["prog"], 9)
    assert argv[-4:] == ["--args", "9", "--", "prog"]
    assert argv[argv.index("--setenv") - 1].endswith("bwrap")
    assert packed.endswith(b"\0")
    assert packed.decode().split("\0")[:-1] == command(JAIL, ["prog"])[argv.index("--args") : -2]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a user to drop to")
def test_root_drops_to_an_unprivileged_user():
    """Root's jail is started as another user, from mounts on the way that this user can reach."""
    outer, inner = parted(command(JAIL, ["true"]))
    assert outer[:5] == [sys.executable, "-I", "-S", drop_root.__file__, "65533"]
    assert inner[0].startswith("/mnt/")
    assert "/var/tmp" not in inner


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has mounts to stage")
def test_neighbours_share_a_mount():
    """Many paths of one folder cost one mount on the way; a writable one keeps its own."""
    binds = tuple(Bind(Path(f"/etc/{n}"), f"/x/{n}") for n in "abcd")
    outer, _ = parted(command(Jail((*binds, Bind(Path("/etc/w"), "/w", writable=True)), "/"), ["true"]))
    assert [path for path in outer if path.startswith("/etc")] == ["/etc", "/etc/w"]


def parted(arguments):
    """What runs as root, and what runs after it."""
    end = arguments.index("--")
    return arguments[:end], arguments[end + 1 :]


def test_the_systems_folders():
    """/usr is always there, and what links into it stays a link."""
    binds, links = system_binds()
    assert binds[0] == Bind(Path("/usr"), "/usr")
    assert all(Path(name).is_symlink() for _, name in links)
