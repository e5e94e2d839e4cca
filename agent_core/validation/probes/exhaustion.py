"""Whether code can use up what it shares with the host, and whether floods are dammed."""

import math

from agent_core.contract.capabilities import MATRIX
from agent_core.errors import RingfenceError
from agent_core.validation.acts import Act, act, failed, passed, unclear
from agent_core.validation.probes.question import Verdict
from agent_core.validation.stage import Ran, Stage, run

_PROVIDERS_OWN = "The provider's own machine sets this limit, whatever the contract says."
_MIB = 1 << 20


def _fixed(stage: Stage, feature: str) -> Verdict | None:
    if MATRIX[stage.contract.provider][feature].support in {"fixed", "unenforceable"}:
        return Verdict("not_applicable", _PROVIDERS_OWN)
    return None


def _ended(ran: Ran, kinds: set[str], through: str) -> Verdict:
    if ran.kind in kinds:
        return passed(ran.told)
    if ran.failure is not None:
        return unclear(f"It did not come to its end: {ran.told}")
    return failed(f"{through} {ran.told}")


async def _memory(stage: Stage) -> Verdict:
    if (fixed := _fixed(stage, "resources.memory_mib")) is not None:
        return fixed
    wanted = stage.contract.resources.memory_mib + 256
    async with stage.sandbox() as sandbox:
        ran = await run(
            sandbox, f"block = bytearray({wanted * _MIB})\nfor at in range(0, len(block), 4096): block[at] = 1"
        )
    return _ended(ran, {"out_of_memory", "sandbox_crashed"}, f"{wanted} MiB could be used.")


async def _processes(stage: Stage) -> Verdict:
    if (fixed := _fixed(stage, "resources.processes")) is not None:
        return fixed
    wanted = stage.contract.resources.processes + 16
    code = f"""
import os, signal, time
children = []
try:
    for _ in range({wanted}):
        child = os.fork()
        if child == 0:
            time.sleep(20)
            os._exit(0)
        children.append(child)
except OSError:
    pass
print("started", len(children))
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""
    async with stage.sandbox() as sandbox:
        ran = await run(sandbox, code)
    started = ran.printed.split()[-1] if "started" in ran.printed else ""
    allowed = f"the contract allows {stage.contract.resources.processes}."
    if started and int(started) < wanted:
        return passed(f"After {started} processes no more could be started; {allowed}")
    if ran.kind:
        return passed(ran.told)
    return failed(f"{wanted} processes could be started; {allowed}")


async def _disk(stage: Stage) -> Verdict:
    if (fixed := _fixed(stage, "filesystem.disk_mib")) is not None:
        return fixed
    files = stage.contract.filesystem
    multiple = MATRIX[stage.contract.provider]["filesystem.disk_mib"].step
    disk_mib = math.ceil(files.disk_mib / multiple) * multiple
    step = min(32, files.largest_file_mib)
    count = disk_mib // step + 2
    async with stage.sandbox() as sandbox:
        code = f"for place in range({count}): open(f'part{{place}}', 'wb').write(bytes({step * _MIB}))"
        ran = await run(sandbox, code)
    return _ended(ran, {"disk_full", "out_of_memory", "sandbox_crashed"}, f"{count * step} MiB could be written.")


async def _file(stage: Stage) -> Verdict:
    if (fixed := _fixed(stage, "filesystem.largest_file_mib")) is not None:
        return fixed
    wanted = stage.contract.filesystem.largest_file_mib + 1
    code = f"with open('large', 'wb') as file:\n    for _ in range({wanted}): file.write(bytes({_MIB}))"
    async with stage.sandbox() as sandbox:
        ran = await run(sandbox, code)
    return _ended(ran, {"file_too_large", "disk_full"}, f"A file of {wanted} MiB could be written.")


async def _output(stage: Stage) -> Verdict:
    code = "for _ in range(20): print('x' * (1 << 20))"
    async with stage.sandbox() as sandbox:
        ran = await run(sandbox, code)
        truncated = ran.execution is not None and ran.execution.stdout_truncated
        after = await run(sandbox, "print('on')") if sandbox.alive else None
    if ran.kind != "output_limit" and not truncated:
        return failed("20 MiB of output were passed on.")
    if after is not None and after.printed.strip() != "on":
        return failed(f"After the flood the sandbox answers no more: {after.told}")
    return passed("A flood of 20 MiB was cut, and the next call was answered.")


async def _result(stage: Stage) -> Verdict:
    most = stage.contract.filesystem.largest_artifact_mib
    code = f"""
class Large:
    def _repr_html_(self):
        return "x" * ({most + 1} << 20)
Large()
"""
    async with stage.sandbox() as sandbox:
        ran = await run(sandbox, code)
    displays = ran.execution.displays if ran.execution is not None else ()
    largest = max((len(data) for display in displays for data in display.data.values()), default=0)
    if largest > most * _MIB:
        return failed(f"A result of {largest / _MIB:.0f} MiB was taken out; the contract allows {most} MiB.")
    return passed(f"A result of {most + 1} MiB was left inside; the contract allows {most} MiB.")


async def _read(stage: Stage) -> Verdict:
    async with stage.sandbox() as sandbox:
        await run(sandbox, "open('two.bin', 'wb').write(bytes(2 << 20))")
        try:
            data = await sandbox.read("two.bin", limit_bytes=_MIB)
        except RingfenceError as refused:
            return passed(str(refused))
    return failed(f"{len(data):,} bytes were read where {_MIB:,} were asked for at most.")


async def _threads(stage: Stage) -> Verdict:
    if (fixed := _fixed(stage, "resources.processes")) is not None:
        return fixed
    wanted = stage.contract.resources.processes + 64
    code = f"""
import threading
over = threading.Event()
threads = []
try:
    for _ in range({wanted}):
        threads.append(threading.Thread(target=over.wait, daemon=True))
        threads[-1].start()
except RuntimeError:
    threads.pop()
print("started", len(threads))
over.set()
"""
    async with stage.sandbox() as sandbox:
        ran = await run(sandbox, code)
    started = ran.printed.split()[-1] if "started" in ran.printed else ""
    if started and int(started) >= wanted:
        return failed(f"{started} threads could be started; the contract allows {stage.contract.resources.processes}.")
    return passed(f"After {started} threads no more could be started." if started else ran.told)


_REMEDY = "Set the limit outside of the sandbox: a control group, a size of the file system, a resource limit."

ACTS: tuple[Act, ...] = (
    act(
        "exhaustion",
        "memory",
        "Memory ends at the contract's limit",
        _memory,
        reason="A program that takes all memory has others killed.",
        if_failed="One question can stop the host.",
        remedy=_REMEDY,
    ),
    act(
        "exhaustion",
        "processes",
        "Processes end at the contract's limit",
        _processes,
        reason="A machine without room for one more process can't even be mended.",
        if_failed="One question can stop the host.",
        remedy=_REMEDY,
    ),
    act(
        "exhaustion",
        "threads",
        "Threads count as processes do",
        _threads,
        reason="The kernel has one number for both.",
        if_failed="The limit on processes can be gone around.",
        remedy=_REMEDY,
    ),
    act(
        "exhaustion",
        "disk",
        "The disk ends at the contract's quota",
        _disk,
        reason="A full disk stops every program that writes.",
        if_failed="One question can fill the host's disk.",
        remedy=_REMEDY,
    ),
    act(
        "exhaustion",
        "file",
        "A file ends at the contract's largest",
        _file,
        reason="One file must not be the whole disk.",
        if_failed="One file can be as large as the disk.",
        remedy=_REMEDY,
    ),
    act(
        "exhaustion",
        "output",
        "A flood of output is dammed",
        _output,
        reason="What code prints is kept, drawn and told to the model.",
        if_failed="One loop can fill the app's memory.",
        remedy="Stop reading at a limit, and stop the call.",
    ),
    act(
        "exhaustion",
        "result",
        "A result that is too large stays inside",
        _result,
        reason="What a call shows at its end leaves the sandbox too.",
        if_failed="One result can fill the app's memory.",
        remedy="Measure results before they are taken out.",
    ),
    act(
        "exhaustion",
        "read",
        "No more of a file is read than was asked for",
        _read,
        reason="A file may have grown since its size was looked at.",
        if_failed="One file can fill the app's memory.",
        remedy="Stop reading at the limit.",
    ),
)
