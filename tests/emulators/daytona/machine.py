"""One sandbox of the emulated Daytona."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from agent_core.contract import Contract, Network
from agent_core.sandbox.local.provider import LocalProvider
from tests.emulators import machine


class Machine(machine.Machine):
    """Its resources are those that it was created with; its state is one of Daytona's words."""

    def __init__(self, provider: LocalProvider, asked: dict[str, Any], number: int) -> None:
        super().__init__(provider)
        self.id, self.asked = f"sbx-{number:04d}", asked
        self.name = asked.get("name") or self.id
        self.state, self.made_at = "starting", datetime.now(UTC).isoformat().replace("+00:00", "Z")
        self.cpu, self.memory, self.disk = asked.get("cpu") or 1, asked.get("memory") or 1, asked.get("disk") or 3
        self.network = {name: asked.get(name) for name in ("networkBlockAll", "networkAllowList", "domainAllowList")}

    @property
    def contract(self) -> Contract:
        domains = tuple(name for name in (self.network["domainAllowList"] or "").split(",") if name)
        mode = "deny" if self.network["networkBlockAll"] else "allowlist" if domains else "open"
        network = Network(mode=mode, domains=domains)
        return machine.contract(network, vcpus=self.cpu, memory_mib=self.memory * 1024, disk_mib=self.disk * 1024)

    async def boot(self) -> None:
        environment = self.asked.get("env") or {}
        await self.start(self.contract, denied=bool(self.network["networkBlockAll"]), environment=environment)
        self.state = "started"

    async def stop(self, state: str = "destroyed") -> None:
        self.state = state
        await self.end()

    async def interpret(self, code: str) -> AsyncIterator[dict[str, Any]]:
        """The interpreter's lines; at the end {"close": code, "reason": text}."""
        async for chunk in self.execute(code):
            if "ended" not in chunk:
                yield chunk
            elif chunk["ended"]:
                yield {"close": 1001, "reason": f"worker process ended: {chunk['ended']}"}
            else:
                yield {"close": 1000, "reason": ""}

    async def metrics(self) -> dict[str, Any]:
        used = await self.usage()
        mib = 1 << 20
        return {
            "cpuCount": self.cpu,
            "cpuUsedPct": 1.0,
            "memTotal": self.memory << 30,
            "memUsed": int((used.memory_used_mib or 0) * mib),
            "memCache": 0,
            "diskTotal": self.disk << 30,
            "diskUsed": int((used.disk_used_mib or 0) * mib),
            "timestamp": "2026-11-24T00:00:00Z",
        }

    def described(self, url: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "organizationId": "org",
            "name": self.name,
            "snapshot": self.asked.get("snapshot"),
            "user": "daytona",
            "env": {},
            "labels": self.asked.get("labels") or {},
            "public": False,
            "kvm": False,
            **self.network,
            "networkBlockAll": bool(self.network["networkBlockAll"]),
            "target": "us",
            "cpu": self.cpu,
            "gpu": 0,
            "memory": self.memory,
            "disk": self.disk,
            "state": self.state,
            "desiredState": "started",
            "errorReason": "failed to start" if self.state == "error" else None,
            "recoverable": False,
            "autoStopInterval": self.asked.get("autoStopInterval"),
            "autoDeleteInterval": self.asked.get("autoDeleteInterval"),
            "volumes": [],
            "createdAt": self.made_at,
            "updatedAt": self.made_at,
            "toolboxProxyUrl": f"{url}/toolbox",
        }
