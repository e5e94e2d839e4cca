"""An app process under load that may be killed at any moment: it tells its parent what it was promised.

It has everything imported, and waits on standard input for one line of JSON: the variables to start with, and the
conversations. Lines on standard output: `asked CONVERSATION TOKEN`, `done CONVERSATION TOKEN`, `seen CONVERSATION
NUMBER DIGEST` of all events up to a number, and `bug WHAT` for what no person should meet.
"""

import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from hashlib import sha256
from uuid import uuid4

from agent_core.errors import RingfenceError
from agent_core.events import ADAPTER
from agent_core.session import Conversation, Deployment
from agent_core.storage.events import StoredEvent

PATIENCE = 90

OWNER = "soak"
FILES = 8
"""Names of files that the turns take in turn: the folder that each sandbox begins with stays small."""
PAUSE = 0.1


def chained(before: str, events: Iterable[StoredEvent]) -> str:
    """A digest of all events until now, from that of those before."""
    for stored in events:
        before = sha256(f"{before} {stored.seq} {ADAPTER.dump_json(stored.event).decode()}".encode()).hexdigest()
    return before


def code(token: str) -> str:
    """Prints, makes a file that the next turn reads, and leaves a chart-sized artifact."""
    return (
        f"token = '{token}'\n"
        "import pathlib, time\n"
        "before = sorted(path.name for path in pathlib.Path('.').glob('kept-*'))\n"
        f"pathlib.Path('kept-{int(token[:8], 16) % FILES}.txt').write_text(token * 400)\n"
        f"time.sleep(0.1)\nprint('{token}', len(before))"
    )


class Worker:
    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[int, str]] = {}
        self.stopping = threading.Event()

    def tell(self, *words: str) -> None:
        with self._lock:
            os.write(1, (" ".join(words) + "\n").encode())

    def work(self, conversation_id: str, past_planner: bool) -> None:
        while not self.stopping.is_set():
            try:
                self._turn(self._deployment.get(conversation_id, OWNER), past_planner)
            except RingfenceError:
                time.sleep(0.2)  # a person reads the sentence and tries again
            except Exception as error:  # noqa: BLE001
                traceback.print_exc()
                self.tell("bug", type(error).__name__, " ".join(str(error).split())[:300])
                time.sleep(1)

    def _turn(self, conversation: Conversation, past_planner: bool) -> None:
        token = uuid4().hex
        if past_planner:
            taken = conversation.run_code(code(token), "python")
        else:
            taken = conversation.ask(f"```python\n{code(token)}\n```")
        if taken:
            self.tell("asked", conversation.id, token)
        until = time.monotonic() + PATIENCE
        while conversation.busy:
            if time.monotonic() > until:
                self.tell("bug", "stuck", conversation.id, str(conversation.snapshot().draft))
                until += PATIENCE
            time.sleep(0.05)
        last, digest = self._seen.get(conversation.id, (0, ""))
        snapshot = conversation.snapshot(last)
        self._seen[conversation.id] = snapshot.last, chained(digest, snapshot.events)
        self.tell("seen", conversation.id, *map(str, self._seen[conversation.id]))
        if taken:
            self.tell("done", conversation.id, token)
        time.sleep(PAUSE)


def with_parent() -> None:
    """End where the parent has, which could not say so."""
    os.read(0, 1)
    os._exit(1)


def main() -> None:
    order = json.loads(sys.stdin.readline() or "null")
    if order is None:
        return
    threading.Thread(target=with_parent, daemon=True).start()
    os.environ.update(order["variables"])
    deployment = Deployment.start()
    worker = Worker(deployment)
    for signalled in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signalled, lambda *_: worker.stopping.set())
    threads = [
        threading.Thread(target=worker.work, args=(conversation, number == 0), daemon=True)
        for number, conversation in enumerate(order["conversations"])
    ]
    for thread in threads:
        thread.start()
    worker.tell("ready")
    worker.stopping.wait()
    for thread in threads:
        thread.join(PATIENCE)
    deployment.close()


if __name__ == "__main__":
    main()
