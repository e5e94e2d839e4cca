"""Metrics, traces and logs of a real deployment, read as an operator's own tools read them."""

import io
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from agent_core.config import Settings
from agent_core.errors import ProviderUnavailable
from agent_core.session import Deployment
from agent_core.telemetry import logs
from agent_core.telemetry.base import all_of
from tests.session.conftest import ask, run

SECRET = "the-words-of-a-person"


class Collector(ThreadingHTTPServer):
    """An OTLP endpoint that keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.spans: list = []
        self.raw = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Taking(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        self.server.raw += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.server.spans += scope.spans
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def samples(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_what_a_conversation_does_is_measured_and_traced_without_its_words(
    tmp_path: Path, collector: Collector
) -> None:
    """Counts by outcome, spans inside one another at the right times, and nothing that a person or code wrote."""
    variables = {"RINGFENCE_METRICS": "on", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    deployment = Deployment(Settings.from_environment({"RINGFENCE_HOME": str(tmp_path / "home"), **variables}))
    conversation = deployment.create("ada")
    run(conversation, f"print('{SECRET}')")
    run(conversation, f"raise ValueError('{SECRET}')")
    ask(conversation, SECRET)
    found = deployment.metrics() or b""
    deployment.close()
    after = samples(found)
    assert after["ringfence_turns_total", (("error", "none"), ("outcome", "done"))] == 3
    assert after["ringfence_calls_total", (("error", "none"), ("language", "python"))] == 1
    assert after["ringfence_sandboxes_open", (("provider", "local"),)] == 1
    assert after["ringfence_turn_seconds_count", ()] == 3
    failed = [
        value for (name, labels), value in after.items() if name == "ringfence_calls_total" and labels[0][1] != "none"
    ]
    assert sum(failed) >= 1

    turns = {span.span_id: span for span in collector.spans if span.name == "turn"}
    calls = [span for span in collector.spans if span.name == "execute_code"]
    assert len(turns) == 3
    assert len(calls) >= 2
    for call in calls:
        turn = turns[call.parent_span_id]
        assert (
            turn.start_time_unix_nano <= call.start_time_unix_nano <= call.end_time_unix_nano <= turn.end_time_unix_nano
        )
        assert call.trace_id == turn.trace_id
    (sandbox,) = [span for span in collector.spans if span.name == "sandbox"]
    assert {one.key: one.value.string_value for one in sandbox.attributes}["reason"] == "app_stopped"
    assert SECRET.encode() not in found + collector.raw


def test_both_are_off_unless_they_are_asked_for(shared: Deployment) -> None:
    assert shared.metrics() is None
    for name in ("RINGFENCE_METRICS", "RINGFENCE_LOGS"):
        with pytest.raises(ProviderUnavailable, match="makes no sense"):
            Settings.from_environment({"RINGFENCE_HOME": "x", name: "perhaps"})


@pytest.fixture
def _restored() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("_restored")
@pytest.mark.parametrize("form", ["json", "text"])
def test_no_secret_is_in_a_log(form: str) -> None:
    """Not in a sentence, a value inside a value, or an exception's own text."""
    said = io.StringIO()
    with redirect_stderr(said):
        logs.configure(form, [SecretStr("sk-canary"), SecretStr("")])
        log = structlog.get_logger("x")
        try:
            int("the key sk-canary is wrong")
        except ValueError:
            log.exception("failed", headers={"authorization": ["Bearer sk-canary"]}, count=3)
    assert "sk-canary" not in said.getvalue()
    assert "is wrong" in said.getvalue()
    if form == "json":
        entry = json.loads(said.getvalue())
        assert (entry["event"], entry["level"], entry["count"]) == ("failed", "error", 3)


def test_a_database_password_is_a_secret() -> None:
    settings = Settings.from_environment({"RINGFENCE_HOME": "x", "DATABASE_URL": "postgresql://me:pass%40word@here/db"})
    assert [secret.get_secret_value() for secret in settings.secrets] == ["pass@word"]


def test_an_instrument_that_fails_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[str] = []

    def broken(_: object, __: object) -> None:
        raise RuntimeError("no")

    all_of(broken, lambda conversation, _: seen.append(conversation))("c", ())
    assert seen == ["c"]
    assert sys.stderr is not None
