"""Metrics in Prometheus' text format, of what this process has done since it started."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from agent_core.events import (
    CodeFinished,
    CodeStarted,
    ContractDenied,
    Event,
    FileRefused,
    FileUploaded,
    PlannerRetried,
    SandboxClosed,
    SandboxOpened,
    TurnEnded,
)

_TURN_SECONDS = (0.5, 1, 2, 5, 10, 20, 60, 120, 300, 600)
_CALL_SECONDS = (0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 120)
_NONE = "none"


class Metrics:
    """Counts events. Labels take their values from our own lists, so that nobody can make their number grow."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._turns = self._counter("turns", "Turns that have ended.", "outcome", "error")
        self._turn_seconds = Histogram(
            "ringfence_turn_seconds", "Length of a turn.", buckets=_TURN_SECONDS, registry=self.registry
        )
        self._calls = self._counter("calls", "Calls into a sandbox that have ended.", "language", "error")
        self._call_seconds = Histogram(
            "ringfence_call_seconds", "Length of a call.", buckets=_CALL_SECONDS, registry=self.registry
        )
        self._opened = self._counter("sandboxes_opened", "Sandboxes opened.", "provider")
        self._closed = self._counter("sandboxes_closed", "Sandboxes closed.", "reason")
        self._open = Gauge("ringfence_sandboxes_open", "Sandboxes open now.", ["provider"], registry=self.registry)
        self._denials = self._counter("denials", "What contracts have stopped.", "clause")
        self._tokens = self._counter("model_tokens", "Tokens of the planner's model.", "direction")
        self._dollars = self._counter("model_dollars", "What the planner's model has cost, in US dollars.")
        self._retries = self._counter("model_retries", "Requests to the model that were made again.", "error")
        self._files = self._counter("files", "Files given.", "outcome")
        self._languages: dict[str, str] = {}
        self._providers: dict[str, str] = {}

    def __call__(self, conversation_id: str, events: Sequence[Event]) -> None:
        """Take note of events."""
        del conversation_id
        for event in events:
            self._note(event)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"ringfence_{name}", told, labels, registry=self.registry)

    def _note(self, event: Event) -> None:
        match event:
            case TurnEnded():
                self._turn(event)
            case CodeStarted() | CodeFinished():
                self._call(event)
            case SandboxOpened() | SandboxClosed():
                self._sandbox(event)
            case ContractDenied():
                self._denials.labels(event.clause).inc()
            case PlannerRetried():
                self._retries.labels(event.error).inc()
            case FileUploaded() | FileRefused():
                self._files.labels("taken" if isinstance(event, FileUploaded) else "refused").inc()
            case _:
                pass

    def _turn(self, ended: TurnEnded) -> None:
        self._turns.labels(ended.outcome, ended.error or _NONE).inc()
        self._turn_seconds.observe(ended.seconds)
        self._tokens.labels("in").inc(ended.input_tokens)
        self._tokens.labels("out").inc(ended.output_tokens)
        self._dollars.inc(float(ended.model_cost_usd))

    def _call(self, event: CodeStarted | CodeFinished) -> None:
        if isinstance(event, CodeStarted):
            self._languages[event.run] = event.language
            return
        language = self._languages.pop(event.run, _NONE)
        self._calls.labels(language, event.error or _NONE).inc()
        self._call_seconds.observe(event.seconds)

    def _sandbox(self, event: SandboxOpened | SandboxClosed) -> None:
        if isinstance(event, SandboxOpened):
            self._providers[event.sandbox] = event.provider
            self._opened.labels(event.provider).inc()
            self._open.labels(event.provider).inc()
            return
        self._closed.labels(event.reason).inc()
        if provider := self._providers.pop(event.sandbox, None):
            self._open.labels(provider).dec()
