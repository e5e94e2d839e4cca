"""Who opens sandboxes for whom: the deployment's providers by its keys, and a person's by the keys they bring."""

import contextlib
import threading
from collections.abc import Callable, Mapping

from agent_core.config import OwnKey, Settings
from agent_core.contract import ProviderName
from agent_core.errors import RingfenceError
from agent_core.sandbox.base import Provider
from agent_core.sandbox.providers import Opener, provider, remote

InUse = Callable[[Provider], bool]


class Providers:
    """One provider for each name and key. Thread-safe.

    A person's own serves that person alone. When its key is taken back, or another takes its place, it opens
    nothing any more, but keeps the key until the last of its sandboxes is closed: without it none could be.
    """

    def __init__(
        self, settings: Settings, opener: Opener, given: Mapping[ProviderName, Provider] | None = None
    ) -> None:
        self._settings = settings
        self._opener = opener
        self._shared: dict[ProviderName, Provider] = dict(given or {})
        self._keys: dict[tuple[str, ProviderName], OwnKey] = {}
        self._own: dict[tuple[str, ProviderName], Provider] = {}
        self._retired: list[Provider] = []
        self._lock = threading.Lock()

    def get(self, name: ProviderName, owner: str = "") -> Provider:
        """Who opens this person's sandboxes. Raises ProviderUnavailable where there is no key."""
        with self._lock:
            if (owner, name) in self._keys:
                if (owner, name) not in self._own:
                    settings = self._settings.with_key(name, self._keys[owner, name])
                    self._own[owner, name] = provider(name, settings, self._opener)
                return self._own[owner, name]
            if name not in self._shared:
                self._shared[name] = provider(name, self._settings, self._opener)
            return self._shared[name]

    def remote(self) -> tuple[Provider, ...]:
        """The deployment's own whose sandboxes outlive a process."""
        return tuple(self.get(name) for name in remote(self._settings))

    def keyed(self, name: ProviderName) -> bool:
        """Whether the deployment itself has what this provider needs."""
        try:
            self.get(name)
        except RingfenceError:
            return False
        return True

    @property
    def retired(self) -> bool:
        """Whether some still hold a key that opens nothing any more."""
        return bool(self._retired)

    def key(self, owner: str, name: ProviderName) -> OwnKey | None:
        """The key that a person brought."""
        return self._keys.get((owner, name))

    def bring(self, owner: str, name: ProviderName, key: OwnKey) -> None:
        """Use a person's own key for their sandboxes from now on, in place of the one before."""
        with self._lock:
            self._retire(owner, name)
            self._keys[owner, name] = key

    def take_back(self, owner: str, name: ProviderName) -> Provider | None:
        """Use it no more. Returns the provider that may still hold sandboxes by it."""
        with self._lock:
            self._keys.pop((owner, name), None)
            return self._retire(owner, name)

    def account(self, name: ProviderName, owner: str) -> str:
        """Whose account at the provider a person's sandboxes open on: empty for the deployment's."""
        return owner if (owner, name) in self._keys else ""

    async def end_retired(self, in_use: InUse) -> None:
        """Let go of the providers, and the keys, that no sandbox needs any more."""
        with self._lock:
            over = [one for one in self._retired if not in_use(one)]
            self._retired = [one for one in self._retired if one not in over]
        for one in over:
            with contextlib.suppress(RingfenceError):
                await one.aclose()

    async def aclose(self) -> None:
        """Release all of them."""
        with self._lock:
            every = [*self._shared.values(), *self._own.values(), *self._retired]
            self._keys.clear()
        for one in every:
            await one.aclose()

    def _retire(self, owner: str, name: ProviderName) -> Provider | None:
        before = self._own.pop((owner, name), None)
        if before is not None:
            self._retired.append(before)
        return before
