"""Serve until the process is ended: prints the URL and the key, a line each."""

import argparse
import asyncio
import signal

from tests.emulators.anthropic import Emulator


async def serve(port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with Emulator(port=port) as emulator:
        print(emulator.url, flush=True)
        print(emulator.key, flush=True)
        await stopped.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(serve(parser.parse_args().port))
