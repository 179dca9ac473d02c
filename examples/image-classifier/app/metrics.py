"""What Prometheus reads, and the middleware that measures requests."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Seconds. Inference takes from milliseconds on a GPU to a second on a CPU;
# above that a request has waited in the queue.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# Reasons why a prediction fails, all known so that each counter starts at 0.
ERRORS = ("request", "image", "size", "not_ready", "inference")

# The path of requests that no route answers: a label may not grow with what
# clients make up.
OTHER_PATH = "other"


class Metrics:
    """The metrics of one server, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        PlatformCollector(registry=self.registry)
        ProcessCollector(registry=self.registry)
        self.latency = Histogram(
            "http_request_duration_seconds", "Time from the first byte of a request to the last of the answer.",
            ["path"], buckets=BUCKETS, registry=self.registry)
        self.requests = Counter(
            "http_requests", "Requests answered, by status.", ["path", "status"], registry=self.registry)
        self.inference = Histogram(
            "inference_duration_seconds", "Time the model takes for one image.",
            buckets=BUCKETS, registry=self.registry)
        self.errors = Counter(
            "prediction_errors", "Predictions that failed, by reason.", ["reason"], registry=self.registry)
        self.loaded = Gauge(
            "model_loaded", "1 when the model is loaded, by what runs it.", ["provider"], registry=self.registry)
        for reason in ERRORS:
            self.errors.labels(reason)
        self.loaded.labels("none").set(0)

    def set_loaded(self, provider: str) -> None:
        """Record that the model is loaded, and what runs it."""
        self.loaded.clear()
        self.loaded.labels(provider).set(1)


class MeasureRequests:
    """ASGI middleware that counts and times every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # What is counted if the application fails before it answers.
        status = 500

        async def observe(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        start = time.perf_counter()
        try:
            await self._app(scope, receive, observe)
        finally:
            # The router puts the matched route into the scope.
            path = getattr(scope.get("route"), "path", OTHER_PATH)
            self._metrics.requests.labels(path, str(status)).inc()
            self._metrics.latency.labels(path).observe(time.perf_counter() - start)
