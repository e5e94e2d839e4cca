"""The Messages API with hosted code execution, and the Files API, on this machine's loopback: code runs for real."""

from tests.emulators.anthropic.emulator import Emulator, Fault
from tests.emulators.anthropic.steps import Pause, Run, Say, Think, Write

__all__ = ["Emulator", "Fault", "Pause", "Run", "Say", "Think", "Write"]
