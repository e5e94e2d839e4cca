"""What goes wrong at E2B is told as what it is, and leaves no sandbox behind."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from agent_core.contract import Concurrency, Languages, Lifecycle, Network, Resources, Timeout
from agent_core.errors import (
    AuthFailed,
    CallTimeout,
    ClauseRefused,
    OutOfMemory,
    ProviderUnavailable,
    RateLimited,
    SandboxCrashed,
)
from agent_core.sandbox.base import Size
from agent_core.sandbox.e2b.provider import E2BProvider
from tests.emulators.e2b import Emulator, Fault
from tests.sandbox.conformance import CONTRACT, output, run
from tests.sandbox.lasting import LastingSandboxes, opened
from tests.sandbox.test_e2b import asked, provider_of, under

pytestmark = pytest.mark.anyio
CREATE = "POST v2/sandboxes$"
EVERYTHING = "0.0.0.0/0"


@pytest.fixture(scope="module")
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(page=2) as running:
        await running._provider.warm()
        yield running


@pytest.fixture
async def make(emulator):
    """A provider of the test's own; at the end nothing lives."""
    made: list[E2BProvider] = []

    def provider(**options) -> E2BProvider:
        made.append(provider_of(emulator, **options))
        return made[-1]

    emulator.faults.clear()
    emulator.asked.clear()
    yield provider
    for one in made:
        await one.aclose()
    assert emulator.alive() == ()


class TestOpening:
    @pytest.mark.parametrize(
        ("fault", "ours"),
        [
            (Fault(CREATE, status=401), AuthFailed),
            (Fault(CREATE, status=404), ProviderUnavailable),
            (Fault(CREATE, status=403), ProviderUnavailable),
            (Fault(CREATE, status=503), ProviderUnavailable),
            (Fault("GET sandboxes/", status=500), ProviderUnavailable),
            (Fault("POST files", status=500), ProviderUnavailable),
            (Fault("POST files", status=502, message="The sandbox was not found"), SandboxCrashed),
            (Fault("execute", status=429), RateLimited),
            (Fault("execute", status=401), AuthFailed),
            (Fault("execute", kind="cut"), SandboxCrashed),
            (Fault("execute", kind="kill"), SandboxCrashed),
        ],
        ids=lambda value: f"{value.on} {value.kind} {value.status}" if isinstance(value, Fault) else value.__name__,
    )
    async def test_a_fault(self, emulator, make, fault, ours):
        """Each is told as what it is, also half-way through, and nothing is left."""
        emulator.faults.append(fault)
        with pytest.raises(ours):
            async with make().open(CONTRACT) as sandbox:
                await run(sandbox, "import time\ntime.sleep(2)\n1")
        assert emulator.alive() == ()

    @pytest.mark.parametrize("on", ["execute", "POST files"])
    async def test_too_many_requests(self, emulator, make, on):
        """The time to wait is the provider's, though the SDK keeps it to itself."""
        emulator.faults.append(Fault(on, status=429, headers={"Retry-After": "7"}))
        with pytest.raises(RateLimited) as caught:
            await opened(make())
        assert caught.value.retry_after_seconds == 7

    async def test_nobody_listens(self, make):
        """A connection that is refused is not left to the caller as the SDK leaves it."""
        with pytest.raises(ProviderUnavailable, match="could not be reached"):
            await opened(make(url="http://127.0.0.1:9"))

    async def test_a_create_that_comes_too_late(self, emulator, make):
        """A sandbox that is made after its request was given up is looked for again, and ended."""
        emulator.start_at_look(2)
        before = emulator.made_in_all
        with pytest.raises(ProviderUnavailable):
            await opened(make(start_seconds=0.3))
        assert (len(asked(emulator, CREATE[:-1])), emulator.made_in_all, emulator.alive()) == (1, before + 1, ())

    async def test_what_is_asked_for(self, emulator, make):
        """Template, egress, labels and clock of a sandbox, which nobody else reaches and which is killed at its time."""
        await opened(make())
        (body,) = asked(emulator, CREATE[:-1])
        assert (body["templateID"], body["timeout"], body["allow_internet_access"]) == (
            "code-interpreter-v1",
            3_600,
            False,
        )
        assert body["network"] == {"denyOut": [EVERYTHING], "allowPublicTraffic": False}
        assert body["metadata"].items() >= {"app": "ringfence", "deployment": "d", "holder": "h"}.items()
        assert (body["autoPause"], body["autoResume"]) == (False, {"enabled": False})


class TestRunning:
    @pytest.mark.parametrize("kind", ["cut", "kill"])
    async def test_the_interpreter_is_lost(self, emulator, make, kind):
        """A stream cut and a sandbox killed in the middle of a call are crashes, and the sandbox goes."""
        async with make().open(CONTRACT) as sandbox:
            emulator.faults.append(Fault("execute", kind=kind))
            with pytest.raises(SandboxCrashed):
                await run(sandbox, "import time\ntime.sleep(30)")
            assert not sandbox.alive
            assert emulator.alive() == ()

    async def test_our_own_deadline(self, emulator, make):
        """The SDK's would come at twice its value; ours ends a call that hangs when it should."""
        async with make().open(CONTRACT) as sandbox:
            emulator.faults.append(Fault("execute", kind="hang"))
            began = time.monotonic()
            with pytest.raises(CallTimeout) as caught:
                await run(sandbox, "1", timeout_seconds=0.5)
            assert caught.value.state_kept is False
            assert time.monotonic() - began < 5

    async def test_a_signal_that_hangs(self, emulator, make):
        """Neither does a command's own time-out hold: stopping is bounded all the same, and ends the sandbox."""
        async with make().open(CONTRACT) as sandbox:
            emulator.faults.append(Fault("process.Process/Start", kind="hang"))
            task = asyncio.create_task(run(sandbox, "import time\ntime.sleep(60)"))
            await asyncio.sleep(0.3)
            began = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - began < 10
            assert not sandbox.alive

    async def test_the_call_after_a_stop(self, emulator, make):
        """It does not hang, as it would were the request before it broken off."""
        async with make().open(CONTRACT) as sandbox:
            for _ in range(2):
                task = asyncio.create_task(run(sandbox, "import time\ntime.sleep(60)"))
                await asyncio.sleep(0.2)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert await output(sandbox, "print(1)", timeout_seconds=5) == "1\n"

    async def test_a_request_broken_off_would_hang_the_next(self, emulator, make):
        """The trap that the last test avoids is there, in the stand-in as in E2B's own server."""
        async with make().open(CONTRACT) as sandbox:
            task = asyncio.create_task(sandbox._sandbox.run_code("import time; time.sleep(60)"))
            await asyncio.sleep(0.3)
            task.cancel()
            await asyncio.wait({task})
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(sandbox._sandbox.run_code("1"), 1.5)

    async def test_the_machine_ran_out_of_memory(self, emulator, make):
        """An interpreter that went while all of the machine's memory was in use is told as that."""
        async with make().open(CONTRACT) as sandbox:
            machine = emulator.machine(sandbox.id)
            sample = {**(await machine.metrics())[0], "memUsed": machine.memory_mib << 20}

            async def metrics():
                return [sample]

            machine.metrics = metrics
            with pytest.raises(OutOfMemory, match="2048 MiB"):
                await run(sandbox, "import os\nos._exit(9)")
            assert not sandbox.alive

    async def test_a_download_cut(self, emulator, make):
        """Half a file is no file."""
        async with make().open(CONTRACT) as sandbox:
            await sandbox.write("a", bytes(1 << 20))
            emulator.faults.append(Fault("GET files", kind="cut"))
            with pytest.raises((ProviderUnavailable, SandboxCrashed)):
                await sandbox.read("a", limit_bytes=1 << 21)

    async def test_ended_behind_our_back(self, emulator, make):
        """A sandbox that E2B has ended is a crash at the next call, of any kind."""
        async with make().open(CONTRACT) as sandbox:
            await emulator.end(sandbox.id)
            with pytest.raises(SandboxCrashed):
                await sandbox.write("a", b"1")
            with pytest.raises(SandboxCrashed):
                await output(sandbox, "print(1)")

    async def test_what_is_written_is_bounded_across_calls(self, make):
        """The guard counts what earlier calls wrote, and lets a call go on that only removes."""
        small = under(filesystem=CONTRACT.filesystem.model_copy(update={"disk_mib": 64}))
        async with make().open(small) as sandbox:
            await output(sandbox, "open('a', 'wb').write(bytes(40 << 20))")
            done, _ = await run(sandbox, "import time\nopen('b', 'wb').write(bytes(40 << 20))\ntime.sleep(30)")
            assert (done.error.kind, done.exit_code) == ("disk_full", 1)
            assert await output(sandbox, "import os\nos.remove('b')\nprint(1)") == "1\n"


class TestTiers:
    @pytest.mark.parametrize(
        ("tier", "clauses"),
        [
            ("hobby", {"lifecycle": Lifecycle(max_seconds=3_601)}),
            ("hobby", {"concurrency": Concurrency(per_deployment=21)}),
            ("pro", {"concurrency": Concurrency(per_deployment=101)}),
            ("pro-600", {"concurrency": Concurrency(per_deployment=601)}),
            ("pro", {"resources": Resources(vcpus=9)}),
            ("pro", {"resources": Resources(memory_mib=8_193)}),
            ("pro", {"languages": Languages(allowed=("r",))}),
            ("pro", {"network": Network(mode="allowlist", domains=("*.example.org",))}),
            ("pro", {"network": Network(mode="allowlist", domains=("example.org:8443",))}),
        ],
    )
    async def test_what_an_account_does_not_give(self, emulator, make, tier, clauses):
        """The refusal names the clause, and comes before anything is asked for."""
        with pytest.raises(ClauseRefused) as caught:
            await opened(make(tier=tier), under(**clauses))
        assert ([caught.value.clause], emulator.asked) == (list(clauses), [])

    async def test_a_tier_that_the_account_has_not(self, make):
        """E2B's own refusal becomes one of the clause."""
        with pytest.raises(ClauseRefused, match="RINGFENCE_E2B_TIER") as caught:
            await opened(make(tier="pro"), under(lifecycle=Lifecycle(max_seconds=7_200)))
        assert caught.value.clause == "lifecycle"

    async def test_too_many_at_once(self, emulator, make):
        """It is no matter of waiting a moment."""
        emulator.at_once = 0
        try:
            with pytest.raises(ProviderUnavailable, match="Close one first"):
                await opened(make())
        finally:
            emulator.at_once = 20

    async def test_a_template_s_size(self, emulator, make):
        """It can't be chosen: a smaller one is refused and not kept, a larger one is what is told and billed."""
        with pytest.raises(ClauseRefused, match="RINGFENCE_E2B_TEMPLATE") as caught:
            await opened(make(template="small"))
        assert (caught.value.clause, emulator.alive()) == ("resources", ())
        async with make(template="large").open(CONTRACT) as sandbox:
            used = await sandbox.usage()
            assert sandbox.allocated == Size(4, 4_096) == Size(used.vcpus, used.memory_mib)

    async def test_a_template_that_is_not_there(self, make):
        """The sentence says what to set."""
        with pytest.raises(ProviderUnavailable, match="RINGFENCE_E2B_TEMPLATE"):
            await opened(make(template="nowhere"))


class TestAmending:
    async def test_now(self, emulator, make):
        """Network, session, time and the guards hold at once."""
        wanted = under(
            network=Network(mode="open"),
            lifecycle=Lifecycle(idle_seconds=300, max_seconds=600),
            resources=Resources(memory_mib=256, processes=30),
            timeout=Timeout(call_seconds=7),
        )
        async with make().open(CONTRACT) as sandbox:
            told = await sandbox.amend(wanted)
            assert (told.now, told.next_sandbox) == ({"network", "lifecycle", "resources", "timeout"}, frozenset())
            assert asked(emulator, "/network") == [{"allow_internet_access": True}]
            assert 700 < asked(emulator, "/timeout")[0]["timeout"] <= 720
            done, _ = await run(sandbox, "b = bytearray(300 << 20)")
            assert done.error.kind == "out_of_memory"

    async def test_names_without_a_name_server(self, emulator, make):
        """The whole clause is sent each time; no name server is reachable, and the names are known inside."""
        listed = under(network=Network(mode="allowlist", domains=("a.example.org", "b.example.org")))
        closed = {"allowOut": ["a.example.org", "b.example.org"], "denyOut": [EVERYTHING], "dnsServers": []}
        async with make().open(listed) as sandbox:
            assert asked(emulator, CREATE[:-1])[0]["network"] == {**closed, "allowPublicTraffic": False}
            hosts = emulator.machine(sandbox.id).files
            assert b"localhost" in hosts["/etc/hosts"]
            assert b"192.0.2.1 b.example.org\n" in hosts["/etc/hosts"]
            await sandbox.amend(under(network=Network(mode="allowlist", domains=("a.example.org",))))
            assert asked(emulator, "/network")[-1] == {**closed, "allowOut": ["a.example.org"]}
            assert b"b.example.org" not in hosts["/etc/hosts"]
            await sandbox.amend(CONTRACT)
            assert asked(emulator, "/network")[-1] == {"allow_internet_access": False, "denyOut": [EVERYTHING]}
            assert hosts["/etc/hosts"] == b"127.0.0.1 localhost\n"

    async def test_next(self, make):
        """Another machine comes with the next sandbox, and nobody claims otherwise."""
        async with make().open(CONTRACT) as sandbox:
            told = await sandbox.amend(under(resources=Resources(vcpus=2, memory_mib=1_024, processes=40)))
            assert (told.now, told.next_sandbox) == (frozenset(), {"resources"})
            done, _ = await run(sandbox, "b = bytearray(600 << 20)")
            assert done.error.kind == "out_of_memory"

    async def test_refused(self, make):
        """What can't be had leaves the old contract in force."""
        async with make().open(CONTRACT) as sandbox:
            with pytest.raises(ClauseRefused):
                await sandbox.amend(under(lifecycle=Lifecycle(max_seconds=7_200)))
            assert await output(sandbox, "print(1)") == "1\n"


class TestLasting(LastingSandboxes):
    CREATE, SETTING, WAIT = CREATE, "E2B_API_KEY", "Retry-After"


async def test_e2b_s_own_clock(emulator, make):
    """The time-out is E2B's, for an app that has died: it ends the sandbox, and that is a crash."""
    async with make().open(CONTRACT) as sandbox:
        emulator.second_seconds = 0.0
        assert (await sandbox.amend(under(lifecycle=Lifecycle(idle_seconds=300, max_seconds=600)))).now == {"lifecycle"}
        emulator.second_seconds = 1.0
        async with asyncio.timeout(20):
            while emulator.alive():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        with pytest.raises(SandboxCrashed):
            await output(sandbox, "print(1)")


async def test_a_slow_start(emulator, make):
    """A sandbox that is starting is waited for."""
    emulator.start_seconds = 1.0
    try:
        async with make().open(CONTRACT) as sandbox:
            assert await output(sandbox, "print(1)") == "1\n"
    finally:
        emulator.start_seconds = 0.0
