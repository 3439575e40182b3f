"""`/v1/release` and `/v1/rejects`: the release itself, and the rows that its run rejected."""

# No `from __future__ import annotations`, see `serve.api.dependencies`.

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from pipeline.settings import ServeSettings
from serve.api import schemas
from serve.api.access import needs_scope
from serve.api.dependencies import Current
from serve.api.problems import Problem
from serve.api.routes.v1 import models
from serve.api.routes.v1.paging import open_window
from serve.api.routes.v1.parameters import PageParameters, limited, no_parameters, parameters_of
from serve.api.snapshot import Snapshot

__all__ = ["FORBIDDEN", "add_service", "describe_release"]

FORBIDDEN: dict[int | str, dict[str, Any]] = {
    403: {"model": Problem, "description": "The key lacks the scope"}
}


def add_service(router: APIRouter, settings: ServeSettings) -> None:
    """Add these routes, with the limits of `settings`."""
    page_parameters = Depends(parameters_of(limited(PageParameters, settings)))

    @router.get("/release", tags=["service"], dependencies=[Depends(no_parameters)])
    def release(snapshot: Current) -> schemas.ReleaseInfo:
        """Describe the served release: its figures, its model and its quality."""
        return describe_release(snapshot)

    @router.get(
        "/rejects",
        tags=["service"],
        dependencies=[Depends(needs_scope("curate"))],
        responses=FORBIDDEN,
    )
    def rejects(
        snapshot: Current, query: Annotated[PageParameters, page_parameters]
    ) -> models.RejectPage:
        """List the rows of the catalogue that the run rejected, and why. Needs the scope curate."""
        window = open_window(snapshot, "rejects", query)
        total, rows = snapshot.catalogue.rejects(window.offset, window.limit)
        return models.RejectPage.model_validate(window.describe(total) | {"rejects": rows})


def describe_release(snapshot: Snapshot) -> schemas.ReleaseInfo:
    """Return the figures of the release, its model and its quality."""
    report = snapshot.catalogue.report()
    return schemas.ReleaseInfo.model_validate(
        snapshot.catalogue.figures()
        | {
            "model": snapshot.catalogue.manifest.model.to_dict(),
            "names": report.names.to_dict(),
            "name_truth": report.name_truth.to_dict(),
            "clusters": report.clusters.to_dict(),
        }
    )
