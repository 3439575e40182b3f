"""What Prometheus reads: requests, their latency, which release is served, and the process."""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.responses import Response

from serve.api.snapshot import Snapshots

__all__ = ["Metrics"]

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Metrics:
    """One set of figures per app; labels come from routes, never from what a client sends."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        labels = ("method", "route", "status")
        self._requests = Counter(
            "microgenres_requests", "Requests answered.", labels, registry=self._registry
        )
        self._seconds = Histogram(
            "microgenres_request_seconds",
            "Seconds until a request was answered.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._predicted = Counter(
            "microgenres_predicted_films",
            "Films whose genres were predicted.",
            ("model",),
            registry=self._registry,
        )
        self._labels = Counter(
            "microgenres_predicted_genres",
            "Genres that they were given.",
            ("model",),
            registry=self._registry,
        )
        self._predict_seconds = Histogram(
            "microgenres_predict_seconds",
            "Seconds until the genres of a request were predicted.",
            ("model",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._release = Gauge(
            "microgenres_release",
            "1 for the release that is served.",
            ("release_id",),
            registry=self._registry,
        )
        self._films = Gauge("microgenres_films", "Films served.", registry=self._registry)
        self._reloads = Gauge(
            "microgenres_reloads",
            "Newer releases since the start, by how loading them ended.",
            ("outcome",),
            registry=self._registry,
        )

    def answered(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count one request; `route` is a template such as /movies/{movie_id}, None for none."""
        known = method if method in _METHODS else "other"
        named = route or "none"
        self._requests.labels(known, named, str(status)).inc()
        self._seconds.labels(known, named).observe(seconds)

    def predicted(self, model: str, films: int, labels: int, seconds: float) -> None:
        """Count the genres predicted in one request; `model` is one of those there are."""
        self._predicted.labels(model).inc(films)
        self._labels.labels(model).inc(labels)
        self._predict_seconds.labels(model).observe(seconds)

    def page(self) -> Response:
        """The figures in Prometheus' text format."""
        self._release.clear()
        self._release.labels(self._snapshots.current.id).set(1)
        self._films.set(self._snapshots.current.catalogue.figures()["films"])
        for outcome, count in self._snapshots.reloads.items():
            self._reloads.labels(outcome).set(count)
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
