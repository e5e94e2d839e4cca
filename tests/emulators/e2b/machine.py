"""One sandbox of the emulated E2B."""

import asyncio
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from agent_core.contract import Contract, Network
from tests.emulators import machine

TEMPLATES = {"code-interpreter-v1": (2, 2048), "small": (1, 256), "large": (4, 4096)}
"""vCPUs and MiB of memory: a sandbox's size is its template's."""
EVERYTHING = "0.0.0.0/0"
ENVD = "0.6.7"
_DISK_MIB = 2048


class Machine:
    """What E2B knows of a sandbox, and the machine that it is."""

    def __init__(self, inner: machine.Machine, asked: dict[str, Any]) -> None:
        self.inner, self.asked = inner, asked
        self.id = f"i{secrets.token_hex(8)}"
        self.key = secrets.token_hex(16)
        self.began, self.ends = datetime.now(UTC), datetime.now(UTC)
        self.vcpus, self.memory_mib = TEMPLATES[asked["templateID"]]
        self.network = asked.get("network") or {}
        self.open = asked.get("allow_internet_access")
        self.traffic = secrets.token_hex(16) if self.network.get("allowPublicTraffic") is False else None
        self.files = {"/etc/hosts": b"127.0.0.1 localhost\n"}
        """Those outside the home folder."""
        self.lock = asyncio.Lock()
        self.hangs_until, self.dead, self.count = 0.0, False, 0

    @property
    def denied(self) -> bool:
        return self.open is False or (EVERYTHING in self._out("denyOut") and not self._out("allowOut"))

    @property
    def contract(self) -> Contract:
        allowed = tuple(name for name in self._out("allowOut") if name[0].isalpha())
        mode = "deny" if self.denied else "allowlist" if EVERYTHING in self._out("denyOut") else "open"
        network = Network(mode=mode, domains=allowed if mode == "allowlist" else ())
        return machine.contract(network, vcpus=self.vcpus, memory_mib=self.memory_mib, disk_mib=_DISK_MIB)

    async def boot(self) -> None:
        await self.inner.start(self.contract, denied=self.denied, environment=self.asked.get("envVars") or {})

    async def replace_network(self, asked: dict[str, Any]) -> None:
        """All of it: what is left out is gone."""
        self.open = asked.pop("allow_internet_access", None)
        self.network = asked
        await self.inner.amend(self.contract)

    def unsettled(self) -> None:
        """A request was broken off: its interrupt comes late, and what is asked before then is never answered."""
        self.hangs_until = time.monotonic() + 0.5
        asyncio.get_running_loop().call_later(0.2, self.inner.interrupt)

    async def metrics(self) -> list[dict[str, Any]]:
        used = await self.inner.usage()
        sample = {
            "timestamp": _text(datetime.now(UTC)),
            "timestampUnix": int(time.time()),
            "cpuCount": self.vcpus,
            "cpuUsedPct": 1.0,
            "memUsed": int((used.memory_used_mib or 0) * (1 << 20)),
            "memTotal": self.memory_mib << 20,
            "memCache": 0,
            "diskUsed": int((used.disk_used_mib or 0) * (1 << 20)),
            "diskTotal": _DISK_MIB << 20,
        }
        return [sample]

    def created(self) -> dict[str, Any]:
        return {
            "templateID": self.asked["templateID"],
            "sandboxID": self.id,
            "clientID": "emulated",
            "alias": self.asked["templateID"],
            "envdVersion": ENVD,
            "envdAccessToken": self.key,
            "trafficAccessToken": self.traffic,
            "domain": None,
        }

    def described(self) -> dict[str, Any]:
        return {
            "templateID": self.asked["templateID"],
            "alias": self.asked["templateID"],
            "sandboxID": self.id,
            "clientID": "emulated",
            "startedAt": _text(self.began),
            "endAt": _text(self.ends),
            "cpuCount": self.vcpus,
            "memoryMB": self.memory_mib,
            "diskSizeMB": _DISK_MIB,
            "state": "running",
            "envdVersion": ENVD,
            "metadata": self.asked.get("metadata") or {},
            "domain": None,
            "network": self.network,
        }

    @property
    def left(self) -> float:
        """Seconds until its time-out."""
        return (self.ends - datetime.now(UTC)).total_seconds()

    def lives(self, seconds: float) -> None:
        self.ends = datetime.now(UTC) + timedelta(seconds=seconds)

    def _out(self, name: str) -> list[str]:
        return self.network.get(name) or []


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
