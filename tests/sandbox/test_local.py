"""The local provider keeps every promise, with control groups and without."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from agent_core.contract import Contract, Filesystem, Languages, Network, Resources, Timeout
from agent_core.errors import CallTimeout, ClauseRefused, FileTooLarge
from agent_core.sandbox.local import cgroups, probe
from agent_core.sandbox.local.provider import LocalProvider
from tests.sandbox.conformance import CONTRACT, MIB, SandboxConformance, hold_to_a_second, output, run

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def shared() -> AsyncIterator[LocalProvider]:
    provider = LocalProvider()
    await provider.warm()
    yield provider
    await provider.aclose()


@pytest.fixture(scope="module")
async def without_groups() -> AsyncIterator[LocalProvider]:
    provider = LocalProvider(groups="never", spare=True)
    await provider.warm()
    yield provider
    await provider.aclose()


class TestLocal(SandboxConformance):
    """By the best means of this machine."""

    @pytest.fixture(scope="class")
    @classmethod
    def provider(cls, shared):
        return shared

    async def test_it_is_available(self, provider):
        """Where these tests run, sandboxes can be opened."""
        assert await provider.available() is None

    async def test_the_means_are_told(self, sandbox):
        """Each limit has a phrase that says how it is enforced, by what was detected."""
        hierarchy = cgroups.detect()
        means = dict(phrase.split(": ", 1) for phrase in sandbox.enforced_by)
        assert {"memory", "processes", "CPU", "disk", "largest file", "network", "system calls", "start"} == set(means)
        assert means["start"] == "fork server"
        by_group = {"memory": "memory", "processes": "pids", "CPU": "cpu"}
        for name, controller in by_group.items():
            grouped = hierarchy is not None and controller in hierarchy.parents
            assert ("cgroup" in means[name]) is grouped

    async def test_groups_are_removed(self, provider):
        """A closed sandbox leaves no control group."""
        async with provider.open(CONTRACT) as sandbox:
            name = sandbox.id
            assert bool(groups_named(name)) is (cgroups.detect() is not None)
        assert groups_named(name) == []

    async def test_folders_are_removed(self, provider):
        """A closed sandbox leaves nothing on the host's disk."""
        async with provider.open(CONTRACT) as sandbox:
            await sandbox.write("inputs/a", b"1")
            folder = sandbox._folder
            assert folder.exists()
        assert not folder.exists()

    @pytest.mark.parametrize(
        "goes_on",
        [
            "import threading\nthreading.Thread(target=lambda: (time.sleep(0.2), open('late', 'w').close())).start()",
            "import subprocess\nsubprocess.Popen('sleep 0.2; touch late', shell=True, start_new_session=True)",
        ],
    )
    async def test_a_listing_is_of_this_moment(self, sandbox, goes_on):
        """What a thread, a process or the host writes after a call is listed as soon as it is there."""
        await run(sandbox, f"import time\nopen('at once', 'w').close()\n{goes_on}")
        assert [entry.path for entry in await sandbox.list()] == ["at once"]
        while len(await sandbox.list()) == 1:  # noqa: ASYNC110  each asks the sandbox
            await asyncio.sleep(0.02)
        await run(sandbox, "import os\nos.remove('at once')")
        await sandbox.write("given", b"1")
        assert [entry.path for entry in await sandbox.list()] == ["given", "late"]


class TestWithoutGroups(SandboxConformance):
    """By resource limits, affinity and the watchdog alone, as for most ordinary users."""

    @pytest.fixture(scope="class")
    @classmethod
    def provider(cls, without_groups):
        return without_groups

    async def test_the_means_are_told(self, sandbox):
        """Nothing claims a control group."""
        assert "memory: watchdog, and RLIMIT_DATA for each process" in sandbox.enforced_by
        assert not any("cgroup" in phrase for phrase in sandbox.enforced_by)

    async def test_processors(self, sandbox):
        """One vCPU is one processor, and the code can't take more."""
        code = "import os\nprint(len(os.sched_getaffinity(0)))\nos.sched_setaffinity(0, range(64))"
        done, said = await run(sandbox, code)
        assert said.text() == "1\n"
        assert done.error.name == "PermissionError"


def groups_named(name: str) -> list[str]:
    hierarchy = cgroups.detect()
    parents = hierarchy.parents.values() if hierarchy else ()
    return [str(path) for parent in parents for path in parent.glob(f"*{name}*")]


class TestClauses:
    """What can't be enforced is refused before a sandbox opens; what changes is told truthfully."""

    @pytest.mark.parametrize(
        ("change", "clause"),
        [
            ({"languages": Languages(allowed=("r",))}, "languages"),
            ({"languages": Languages(allowed=("javascript", "r"))}, "languages"),
        ],
    )
    async def test_refused(self, shared, change, clause):
        """The refusal names the clause."""
        with pytest.raises(ClauseRefused) as caught:
            async with shared.open(CONTRACT.model_copy(update=change)):
                pass
        assert caught.value.clause == clause

    async def test_amended_now(self, shared):
        """Time, memory, processes and the largest file change under a running sandbox."""
        wanted = CONTRACT.model_copy(
            update={
                "timeout": Timeout(call_seconds=7),
                "resources": Resources(memory_mib=300, processes=20),
                "filesystem": CONTRACT.filesystem.model_copy(update={"largest_file_mib": 1}),
            }
        )
        async with shared.open(CONTRACT) as sandbox:
            amendment = await sandbox.amend(wanted)
            assert amendment.now == {"timeout", "resources", "filesystem"}
            assert amendment.next_sandbox == frozenset()
            done, _ = await run(sandbox, "b = bytearray(320 << 20)")
            assert done.error.kind == "out_of_memory"
            done, _ = await run(sandbox, "open('f', 'wb').write(bytes(2 << 20))")
            assert done.error.kind == "file_too_large"
            with pytest.raises(FileTooLarge):
                await sandbox.write("g", bytes(2 * MIB))
            done, _ = await run(sandbox, "import os, time\nfor _ in range(30):\n    if os.fork() == 0: time.sleep(9)")
            assert "as many processes" in done.error.message

    async def test_a_shorter_time_holds_for_the_call_under_way(self, shared):
        async with shared.open(CONTRACT) as sandbox:
            await hold_to_a_second(sandbox)

    async def test_more_comes_later(self, shared):
        """A limit of a running process can't be raised, and nobody claims that it was."""
        wanted = CONTRACT.model_copy(update={"resources": Resources(memory_mib=800, processes=40)})
        async with shared.open(CONTRACT) as sandbox:
            assert (await sandbox.amend(wanted)).next_sandbox == {"resources"}
            done, _ = await run(sandbox, "b = bytearray(500 << 20)")
            assert done.error.kind == "out_of_memory"
            assert (await sandbox.usage()).memory_mib == 384

    async def test_amended_later(self, shared):
        """The disk's size comes with the next sandbox, and nothing of it is claimed now."""
        wanted = CONTRACT.model_copy(
            update={"network": Network(mode="open"), "filesystem": Filesystem(disk_mib=128), "name": "Other"}
        )
        async with shared.open(CONTRACT) as sandbox:
            amendment = await sandbox.amend(wanted)
            assert (amendment.now, amendment.next_sandbox) == ({"network"}, {"filesystem"})
            done, _ = await run(sandbox, "for i in range(4): open(f'f{i}', 'wb').write(bytes(30 << 20))")
            assert done.error.kind == "disk_full"

    async def test_a_language_taken_away(self, shared):
        """A language that the new contract forbids is refused from the next call on."""
        async with shared.open(CONTRACT) as sandbox:
            await sandbox.amend(CONTRACT.model_copy(update={"languages": Languages(allowed=("python",))}))
            with pytest.raises(ClauseRefused):
                await run(sandbox, "true", language="bash")

    async def test_the_shortest_time_holds(self, shared):
        """A call can't be given more seconds than the contract has."""
        async with shared.open(Contract(timeout=Timeout(call_seconds=1))) as sandbox:
            with pytest.raises(CallTimeout, match="1 s a call"):
                await run(sandbox, "import time\ntime.sleep(30)", timeout_seconds=100)


def test_reasons_name_the_remedy():
    """What bubblewrap says is quoted, with something to do about it."""
    sentence = probe.explain("bwrap: No permissions to create\nnew namespace")
    assert "No permissions to create new namespace" in sentence
    assert "sudo" in sentence or "--security-opt" in sentence


async def test_two_sandboxes_at_once(shared):
    """Opening and running at the same time does not mix anything up."""
    async with shared.open(CONTRACT) as one, shared.open(CONTRACT) as two:
        for place, sandbox in enumerate((one, two)):
            await run(sandbox, f"me = {place}")
        assert [await output(sandbox, "print(me)") for sandbox in (one, two)] == ["0\n", "1\n"]
