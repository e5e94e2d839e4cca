"""What goes wrong at Daytona is told as what it is, and leaves no sandbox behind."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from agent_core.contract import Filesystem, Languages, Lifecycle, Network, Resources, Timeout
from agent_core.errors import AuthFailed, ClauseRefused, ProviderUnavailable, SandboxCrashed
from agent_core.sandbox.daytona.provider import DaytonaProvider
from tests.emulators.daytona import Emulator, Fault
from tests.sandbox.conformance import CONTRACT, output, run
from tests.sandbox.lasting import LastingSandboxes, opened

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as running:
        yield running


@pytest.fixture
async def make(emulator):
    """A provider of the test's own; at the end nothing lives."""
    made: list[DaytonaProvider] = []

    def provider(**options) -> DaytonaProvider:
        chosen = {"tier": 3, "url": emulator.url, "deployment": "d", "holder": "h", **options}
        made.append(DaytonaProvider(chosen.pop("key", SecretStr(emulator.key)), **chosen))
        return made[-1]

    emulator.faults.clear()
    yield provider
    for one in made:
        await one.aclose()
    assert emulator.alive() == ()


def asked(emulator: Emulator, ending: str) -> list:
    return [body for _, path, body in emulator.asked if path.endswith(ending)]


class TestOpening:
    @pytest.mark.parametrize(
        ("fault", "ours"),
        [
            (Fault("POST sandbox$", status=401), AuthFailed),
            (Fault("POST sandbox$", status=404), ProviderUnavailable),
            (Fault("POST sandbox$", status=403, message="Organization is suspended"), ProviderUnavailable),
            (Fault("POST sandbox$", status=400, message="Total CPU limit exceeded. Maximum: 10"), ProviderUnavailable),
            (Fault("POST sandbox$", status=503), ProviderUnavailable),
            (Fault("POST files/bulk-upload", status=500), ProviderUnavailable),
            (Fault("GET work-dir", status=502), SandboxCrashed),
            (Fault("WS", kind="cut"), SandboxCrashed),
        ],
        ids=lambda value: f"{value.on} {value.kind} {value.status}" if isinstance(value, Fault) else value.__name__,
    )
    async def test_a_fault(self, emulator, make, fault, ours):
        """Each is told as what it is, also half-way through, and nothing is left."""
        emulator.faults.append(fault)
        with pytest.raises(ours):
            await opened(make())
        assert emulator.alive() == ()

    async def test_what_is_asked_for(self, emulator, make):
        """Size, egress, labels and both clocks of a sandbox, which is deleted when it stops."""
        emulator.asked.clear()
        await opened(make())
        (body,) = asked(emulator, "sandbox")
        assert (body["cpu"], body["memory"], body["disk"], body["networkBlockAll"]) == (1, 1, 1, True)
        assert body["labels"].items() >= {"app": "ringfence", "deployment": "d", "holder": "h"}.items()
        assert (body["autoDeleteInterval"], body["ttlMinutes"], body["autoStopInterval"]) == (0, 62, 17)


class TestRunning:
    @pytest.mark.parametrize("kind", ["cut", "kill"])
    async def test_the_interpreter_is_lost(self, emulator, make, kind):
        """A connection cut and a sandbox killed in the middle of a call are crashes, and the sandbox goes."""
        async with make().open(CONTRACT) as sandbox:
            emulator.faults.append(Fault("WS", kind=kind))
            with pytest.raises(SandboxCrashed):
                await run(sandbox, "import time\ntime.sleep(30)")
            assert not sandbox.alive
            assert emulator.alive() == ()

    async def test_a_download_cut(self, emulator, make):
        """Half a file is no file."""
        async with make().open(CONTRACT) as sandbox:
            await sandbox.write("a", bytes(1 << 20))
            emulator.faults.append(Fault("bulk-download", kind="cut"))
            with pytest.raises((ProviderUnavailable, SandboxCrashed)):
                await sandbox.read("a", limit_bytes=1 << 21)

    async def test_ended_behind_our_back(self, emulator, make):
        """A sandbox that Daytona has ended is a crash at the next call."""
        async with make().open(CONTRACT) as sandbox:
            await emulator.end(sandbox.id)
            with pytest.raises(SandboxCrashed):
                await output(sandbox, "print(1)")

    async def test_a_long_line(self, make):
        """A line of 3 MiB, which would stop Daytona's reader, arrives whole."""
        async with make().open(CONTRACT) as sandbox:
            assert len(await output(sandbox, "print('x' * (3 << 20))")) == (3 << 20) + 1


class TestTiers:
    @pytest.mark.parametrize("tier", [1, 2])
    @pytest.mark.parametrize("network", [Network(mode="deny"), Network(mode="allowlist", domains=("example.org",))])
    async def test_egress_of_the_lower_tiers(self, emulator, make, tier, network):
        """They can't change it: refused before anything is asked for."""
        emulator.asked.clear()
        with pytest.raises(ClauseRefused, match="stay open") as caught:
            await opened(make(tier=tier), CONTRACT.model_copy(update={"network": network}))
        assert (caught.value.clause, emulator.asked) == ("network", [])

    async def test_open_on_the_first_tier(self, emulator, make):
        """No network setting is sent where none would be heeded."""
        emulator.asked.clear()
        await opened(make(tier=1), CONTRACT.model_copy(update={"network": Network(mode="open")}))
        assert not {"networkBlockAll", "domainAllowList"} & asked(emulator, "sandbox")[0].keys()

    @pytest.mark.parametrize(
        ("clause", "value"),
        [
            ("resources", Resources(vcpus=5)),
            ("resources", Resources(memory_mib=9_000)),
            ("filesystem", Filesystem(disk_mib=11_000)),
            ("languages", Languages(allowed=("r",))),
            ("network", Network(mode="allowlist", domains=tuple(f"h{n}.example.org" for n in range(11)))),
        ],
    )
    async def test_what_no_tier_gives(self, make, clause, value):
        """The refusal names the clause."""
        with pytest.raises(ClauseRefused) as caught:
            await opened(make(tier=4), CONTRACT.model_copy(update={clause: value}))
        assert caught.value.clause == clause

    async def test_a_snapshot_that_is_too_small(self, emulator, make):
        """A snapshot's size can't be chosen, so it is compared, and the sandbox not kept."""
        with pytest.raises(ClauseRefused, match="snapshot"):
            await opened(make(snapshot="small"), CONTRACT.model_copy(update={"resources": Resources(vcpus=2)}))


class TestAmending:
    async def test_now(self, emulator, make):
        """Network, session and time hold at once, and a larger size too."""
        wanted = CONTRACT.model_copy(
            update={
                "network": Network(mode="open"),
                "lifecycle": Lifecycle(idle_seconds=300, max_seconds=600),
                "resources": Resources(vcpus=2, memory_mib=2_048, processes=40),
                "timeout": Timeout(call_seconds=7),
            }
        )
        async with make().open(CONTRACT) as sandbox:
            told = await sandbox.amend(wanted)
            assert (told.now, told.next_sandbox) == ({"network", "lifecycle", "resources", "timeout"}, frozenset())
            machine = emulator.machine(sandbox.id)
            assert (machine.cpu, machine.memory, machine.network["networkBlockAll"]) == (2, 2, False)
            assert "ttl/12" in [path.split("/", 2)[-1] for _, path, _ in emulator.asked]
            assert (await sandbox.usage()).memory_mib == 2_048

    async def test_next(self, emulator, make):
        """A smaller machine and another disk come with the next sandbox, and nobody claims otherwise."""
        large = CONTRACT.model_copy(update={"resources": Resources(vcpus=2, memory_mib=1_024, processes=40)})
        wanted = CONTRACT.model_copy(update={"filesystem": Filesystem(disk_mib=128)})
        async with make().open(large) as sandbox:
            told = await sandbox.amend(wanted)
            assert (told.now, told.next_sandbox) == (frozenset(), {"resources", "filesystem"})
            assert (await sandbox.usage()).vcpus == 2

    async def test_guards_follow(self, make):
        """A lower limit on a file holds from the next call on."""
        wanted = CONTRACT.model_copy(
            update={"filesystem": CONTRACT.filesystem.model_copy(update={"largest_file_mib": 1})}
        )
        async with make().open(CONTRACT) as sandbox:
            assert (await sandbox.amend(wanted)).now == {"filesystem"}
            done, _ = await run(sandbox, "open('f', 'wb').write(bytes(2 << 20))")
            assert done.error.kind == "file_too_large"

    async def test_refused(self, make):
        """What can't be had leaves the old contract in force."""
        async with make(tier=1).open(CONTRACT.model_copy(update={"network": Network(mode="open")})) as sandbox:
            with pytest.raises(ClauseRefused):
                await sandbox.amend(CONTRACT)
            assert await output(sandbox, "print(1)") == "1\n"


class TestLasting(LastingSandboxes):
    CREATE, SETTING, WAIT = "POST sandbox$", "DAYTONA_API_KEY", "Retry-After-sandbox-create"


async def test_daytonas_own_clock(emulator, make):
    """Time to live is Daytona's, for an app that has died: it ends the sandbox, and that is a crash."""
    shorter = CONTRACT.model_copy(update={"lifecycle": Lifecycle(idle_seconds=300, max_seconds=600)})
    async with make().open(CONTRACT) as sandbox:
        emulator.minute_seconds = 0.0
        assert (await sandbox.amend(shorter)).now == {"lifecycle"}
        emulator.minute_seconds = 60.0
        async with asyncio.timeout(20):
            while emulator.alive():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        with pytest.raises(SandboxCrashed):
            await output(sandbox, "print(1)")


async def test_a_slow_start(emulator, make):
    """A sandbox that is starting is waited for."""
    emulator.start_polls = 2
    try:
        async with make().open(CONTRACT) as sandbox:
            assert await output(sandbox, "print(1)") == "1\n"
    finally:
        emulator.start_polls = 0
