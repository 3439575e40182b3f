"""Prometheus metrics: requests, their latency, the served release, and the process."""

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
    """The metrics of one app. Labels come from routes, never from text that a client sends."""

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
            "Seconds to answer a request.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._predicted_films = Counter(
            "microgenres_predicted_films",
            "Films with predicted genres.",
            ("model",),
            registry=self._registry,
        )
        self._predicted_genres = Counter(
            "microgenres_predicted_genres",
            "Genres predicted for films.",
            ("model",),
            registry=self._registry,
        )
        self._predict_seconds = Histogram(
            "microgenres_predict_seconds",
            "Seconds to predict the genres of a request.",
            ("model",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._release = Gauge(
            "microgenres_release",
            "1 for the served release.",
            ("release_id",),
            registry=self._registry,
        )
        self._films = Gauge(
            "microgenres_films", "Films of the served release.", registry=self._registry
        )
        self._reloads = Gauge(
            "microgenres_reloads",
            "Newer releases found since the start, by outcome of loading them.",
            ("outcome",),
            registry=self._registry,
        )

    def count_request(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count one request.

        Parameters
        ----------
        method : str
            HTTP method.
        route : str or None
            A route template such as "/movies/{movie_id}"; None if no route matched.
        status : int
            HTTP status of the response.
        seconds : float
            Seconds to answer.
        """
        known_method = method if method in _METHODS else "other"
        known_route = route or "none"
        self._requests.labels(known_method, known_route, str(status)).inc()
        self._seconds.labels(known_method, known_route).observe(seconds)

    def count_prediction(self, model: str, films: int, genres: int, seconds: float) -> None:
        """Count the genres predicted in one request.

        Parameters
        ----------
        model : str
            Name of an existing model.
        films : int
            Number of films of the request.
        genres : int
            Number of genres predicted for them.
        seconds : float
            Seconds to predict.
        """
        self._predicted_films.labels(model).inc(films)
        self._predicted_genres.labels(model).inc(genres)
        self._predict_seconds.labels(model).observe(seconds)

    def response(self) -> Response:
        """Return all metrics in the text format of Prometheus."""
        self._release.clear()
        self._release.labels(self._snapshots.current.id).set(1)
        self._films.set(self._snapshots.current.catalogue.figures()["films"])
        for outcome, count in self._snapshots.reloads.items():
            self._reloads.labels(outcome).set(count)
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
