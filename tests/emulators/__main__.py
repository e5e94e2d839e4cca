"""Serve until the process is ended: `python -m tests.emulators e2b` prints the URL and the key, a line each."""

import argparse
import asyncio
import signal
from importlib import import_module

NAMES = ("anthropic", "daytona", "e2b")


async def serve(name: str, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with import_module(f"tests.emulators.{name}").Emulator(port=port) as emulator:
        print(emulator.url, flush=True)
        print(emulator.key, flush=True)
        await stopped.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(serve(options.name, options.port))
