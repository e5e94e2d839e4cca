"""An app process under load that may be killed at any moment: it tells its parent what it was promised.

Lines on standard output: `asked CONVERSATION TOKEN`, `done CONVERSATION TOKEN`, `seen CONVERSATION NUMBER DIGEST`
of all events up to a number, and `bug WHAT` for what no person should meet.
"""

import hashlib
import os
import signal
import sys
import threading
import time
import traceback
from uuid import uuid4

from agent_core.errors import RingfenceError
from agent_core.events import ADAPTER
from agent_core.session import Conversation, Deployment
from agent_core.storage.events import StoredEvent

PATIENCE = 90

OWNER = "soak"


def digest(events: tuple[StoredEvent, ...]) -> str:
    found = hashlib.sha256()
    for stored in events:
        found.update(str(stored.seq).encode() + ADAPTER.dump_json(stored.event))
    return found.hexdigest()[:16]


def code(token: str) -> str:
    """Prints, makes a file that the next turn reads, and leaves a chart-sized artifact."""
    return (
        "import pathlib, time\n"
        "before = sorted(path.name for path in pathlib.Path('.').glob('kept-*'))\n"
        f"pathlib.Path('kept-{token}.txt').write_text('{token}' * 400)\n"
        f"time.sleep(0.1)\nprint('{token}', len(before))"
    )


class Worker:
    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._lock = threading.Lock()
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
        snapshot = conversation.snapshot()
        self.tell("seen", conversation.id, str(snapshot.last), digest(snapshot.events))
        if taken:
            self.tell("done", conversation.id, token)
        else:
            time.sleep(0.2)


def main() -> None:
    deployment = Deployment.start()
    worker = Worker(deployment)
    for signalled in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signalled, lambda *_: worker.stopping.set())
    threads = [
        threading.Thread(target=worker.work, args=(conversation, number == 0), daemon=True)
        for number, conversation in enumerate(sys.argv[1:])
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
