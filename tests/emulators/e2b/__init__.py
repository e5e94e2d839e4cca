"""E2B's API, its envd and its code interpreter on this machine's loopback, with real sandboxes behind them."""

from tests.emulators.e2b.emulator import Emulator
from tests.emulators.serving import Fault

__all__ = ["Emulator", "Fault"]
