"""Control groups: what is written where, in both versions of the interface."""

import os
import subprocess

import pytest

from agent_core.contract import Resources
from agent_core.sandbox.local import cgroups, processes
from agent_core.sandbox.local.cgroups import Group, Hierarchy

RESOURCES = Resources(vcpus=0.5, memory_mib=300, processes=20)


def folder_of(parent):
    (found,) = parent.glob("ringfence-*")
    return found


def test_version_2_files(tmp_path):
    """Memory without swap, processes with the jail's first, and a share of the processor in microseconds."""
    group = Group(Hierarchy(2, dict.fromkeys(cgroups.CONTROLLERS, tmp_path)), "s")
    folder = folder_of(tmp_path)
    (folder / "memory.swap.max").touch()
    group.limit(RESOURCES, 400 << 20)
    group.admit(123)
    written = {path.name: path.read_text() for path in folder.iterdir()}
    assert written == {
        "memory.max": str(400 << 20),
        "memory.swap.max": "0",
        "pids.max": "21",
        "cpu.max": "50000 100000",
        "cgroup.procs": "123",
    }


def test_version_2_counters(tmp_path):
    """Kills are read from memory.events, and use from memory.stat, without files."""
    group = Group(Hierarchy(2, {"memory": tmp_path}), "s")
    folder = folder_of(tmp_path)
    (folder / "memory.events").write_text("low 0\nhigh 0\nmax 9\noom 1\noom_kill 3\n")
    (folder / "memory.stat").write_text("anon 4096\nfile 8192\nshmem 8192\n")
    assert (group.out_of_memory_kills(), group.memory()) == (3, 4096)


def test_version_1_counters(tmp_path):
    """Kills are read from memory.oom_control, for the fail count stays 0 when a process is killed."""
    group = Group(Hierarchy(1, {"memory": tmp_path}), "s")
    folder = folder_of(tmp_path)
    (folder / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    (folder / "memory.stat").write_text("rss 1\ntotal_rss 4096\n")
    assert (group.out_of_memory_kills(), group.memory()) == (2, 4096)


def test_a_controller_that_is_absent(tmp_path):
    """Only what there is is written, and the rest is said not to be held."""
    group = Group(Hierarchy(1, {"pids": tmp_path}), "s")
    group.limit(RESOURCES, 1 << 30)
    assert [path.name for path in folder_of(tmp_path).iterdir()] == ["pids.max"]
    assert (group.holds("pids"), group.holds("memory"), group.memory()) == (True, False, None)


def test_leftovers_are_told_from_the_living(tmp_path):
    """Groups of processes that are gone, or whose number has a new owner, are removed; those of the living stay."""
    mine = f"ringfence-{os.getpid()}-{processes.started(os.getpid())}-a"
    names = [mine, f"ringfence-{os.getpid()}-1-b", "ringfence-999999999-5-c", "other"]
    for name in names:
        (tmp_path / name).mkdir()
    assert cgroups.clear_leftovers(Hierarchy(1, {"memory": tmp_path, "pids": tmp_path})) == 2
    assert {path.name for path in tmp_path.iterdir()} == {mine, "other"}


@pytest.mark.skipif(cgroups.detect() is None, reason="this user may not make control groups on this machine")
def test_a_real_group():
    """What was detected can be made, limited, lowered and removed, and knows who is in it."""
    group = Group(cgroups.detect(), "test")
    group.limit(RESOURCES, 300 << 20)
    group.limit(RESOURCES, 200 << 20)
    group.limit(RESOURCES, 400 << 20)
    assert group.out_of_memory_kills() == 0
    with subprocess.Popen(["sleep", "60"]) as process:
        assert not group.has(process.pid)
        group.admit(process.pid)
        assert group.has(process.pid)
        process.kill()
    group.remove()
    assert not any(path.exists() for path in group._folders.values())
