"""Traces by OpenTelemetry: a turn, the calls in it, and each sandbox's life."""

from collections.abc import Sequence
from datetime import datetime

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, Status, StatusCode

from agent_core.events import CodeFinished, CodeStarted, Event, SandboxClosed, SandboxOpened, TurnEnded, UserAsked

_MOST_OPEN = 10_000
"""Spans begun and not ended: those of what this process does at once, with room to spare."""


About = dict[str, str | int | float]


class Traces:
    """Makes spans of events, at the times that the events themselves carry."""

    def __init__(self, processor: SpanProcessor) -> None:
        self._provider = TracerProvider(resource=Resource.create({"service.name": "ringfence"}))
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("ringfence")
        self._open: dict[str, Span] = {}

    @classmethod
    def to(cls, endpoint: str) -> "Traces":
        """Send them to an OTLP endpoint over HTTP, such as http://localhost:4318."""
        return cls(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))

    def __call__(self, conversation_id: str, events: Sequence[Event]) -> None:
        """Take note of events."""
        for event in events:
            self._note(conversation_id, event)

    def close(self) -> None:
        """Send what is waiting."""
        self._provider.shutdown()

    def _note(self, conversation_id: str, event: Event) -> None:
        match event:
            case UserAsked():
                self._begin("turn", event.turn, event.at, _turn(event) | {"conversation": conversation_id})
            case CodeStarted():
                self._begin("execute_code", event.run, event.at, _call(event), within=event.turn)
            case CodeFinished():
                self._end(event.run, event.at, event.error, _called(event))
            case TurnEnded():
                self._end(event.turn, event.at, event.error, _turned(event))
            case SandboxOpened():
                self._begin("sandbox", event.sandbox, event.at, _sandbox(event) | {"conversation": conversation_id})
            case SandboxClosed():
                self._end(event.sandbox, event.at, None, {"reason": event.reason})
            case _:
                pass

    def _begin(self, name: str, key: str, at: datetime, about: About, within: str | None = None) -> None:
        if len(self._open) >= _MOST_OPEN:
            return
        parent = self._open.get(within) if within else None
        context = trace.set_span_in_context(parent) if parent is not None else None
        self._open[key] = self._tracer.start_span(name, context, attributes=about, start_time=_nanoseconds(at))

    def _end(self, key: str, at: datetime, error: str | None, about: About) -> None:
        span = self._open.pop(key, None)
        if span is None:
            return
        span.set_attributes(about)
        if error:
            span.set_attribute("error.type", error)
            span.set_status(Status(StatusCode.ERROR))
        span.end(_nanoseconds(at))


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1_000


def _turn(event: UserAsked) -> About:
    return {"contract.version": event.contract_version, "files": len(event.files)}


def _call(event: CodeStarted) -> About:
    return {"language": event.language, "contract.version": event.contract_version}


def _called(event: CodeFinished) -> About:
    return {"exit_code": event.exit_code, "artifacts": len(event.artifacts)}


def _turned(event: TurnEnded) -> About:
    tokens: About = {"tokens.in": event.input_tokens, "tokens.out": event.output_tokens}
    return {"outcome": event.outcome, "model": event.model, "usd": float(event.model_cost_usd), **tokens}


def _sandbox(event: SandboxOpened) -> About:
    return {"provider": event.provider, "vcpus": event.vcpus, "memory_mib": event.memory_mib}
