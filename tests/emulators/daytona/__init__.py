"""Daytona's API, toolbox and interpreter on this machine's loopback, with real sandboxes behind them."""

from tests.emulators.daytona.emulator import Emulator
from tests.emulators.serving import Fault

__all__ = ["Emulator", "Fault"]
