"""Keys that open nothing: what the screen enters, checks and forgets."""

from datetime import UTC, datetime

from agent_core.contract import ProviderName
from agent_core.errors import ProviderUnavailable
from agent_core.session.keys import KeyCheck, Keys, KeyState


class ScriptedKeys(Keys):
    """Takes note of what it is told; `found` is what the next check comes to."""

    def __init__(self) -> None:
        self.entered: dict[tuple[str, ProviderName], tuple[str, str]] = {}
        self.found: KeyCheck | None = None
        self.tabs = 0

    def enter(self, owner: str, name: ProviderName, text: str, plan: str = "") -> None:
        if " " in text:
            raise ProviderUnavailable("That is no key.")
        self.entered[owner, name] = (text, plan)

    def forget(self, owner: str, name: ProviderName) -> None:
        self.entered.pop((owner, name), None)
        self.found = None

    def state(self, owner: str, name: ProviderName) -> KeyState:
        if (owner, name) not in self.entered:
            return KeyState("")
        return KeyState("yours", self.entered[owner, name][1], datetime(2026, 11, 25, 9, 30, tzinfo=UTC))

    def start_check(self, owner: str, name: ProviderName) -> None:
        self.found = KeyCheck(datetime.now(UTC))

    def check(self, owner: str, name: ProviderName) -> KeyCheck | None:
        return self.found

    def arrived(self, owner: str) -> None:
        self.tabs += 1

    def left(self, owner: str) -> None:
        self.tabs -= 1
