"""The lifecycle of a recommender: train, retrain when due, promote if better, roll back.

Every decision is stored in the database, even the decision to do nothing. Every step can be killed
and run again: a version is named by what it is trained on, figures by the batches they come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.errors import ModelError
from pipeline.fileio.manifest import fingerprint
from pipeline.fileio.parquet import read_table
from pipeline.recommend.data.films import Films
from pipeline.recommend.data.ingest import (
    MANIFEST,
    PreparedRatings,
    add_row_numbers,
    deduplicate,
)
from pipeline.recommend.data.interactions import build_history
from pipeline.recommend.data.temporal_split import find_boundaries, select_between, split_by_time
from pipeline.recommend.documents import (
    EvaluationFigures,
    RetrainResult,
    TrainingSummary,
    VersionRow,
)
from pipeline.recommend.evaluation.evaluate import evaluate_on, fit_and_evaluate
from pipeline.recommend.lifecycle.batches import list_batches
from pipeline.recommend.lifecycle.database import UpkeepDatabase
from pipeline.recommend.lifecycle.drift import count_ratings
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.registry import open_model, read_manifest, save_model
from pipeline.settings import RecommendSettings, UpkeepSettings

__all__ = ["RecommenderLifecycle", "version_folder"]

VERSION = 2
_WORST_RMSE = 1.01  # of a promoted challenger, relative to the champion's


def version_folder(folder: Path, version: str) -> Path:
    """Return the folder of a version below `DIR/ratings`."""
    return folder / "versions" / version


@dataclass(frozen=True)
class RecommenderLifecycle:
    """The steps in the life of the recommender of one output folder.

    Attributes
    ----------
    folder : Path
        `DIR/ratings`.
    database : UpkeepDatabase
        Its database.
    settings : RecommendSettings
        Settings of the models.
    upkeep : UpkeepSettings
        Thresholds of alerts, and when training is due.
    seed : int
        Seed of everything random.
    """

    folder: Path
    database: UpkeepDatabase
    settings: RecommendSettings
    upkeep: UpkeepSettings
    seed: int

    def train(
        self, prepared: PreparedRatings, films: Films, name: str, warnings: Sequence[str] = ()
    ) -> VersionRow:
        """Train on the earliest ratings, evaluate on later ones, and serve the version.

        Parameters
        ----------
        prepared : PreparedRatings
            All ratings.
        films : Films
            The films.
        name : str
            Name of the model.
        warnings : sequence of str
            Stored with the version.

        Returns
        -------
        VersionRow
            The version that is now served.
        """
        ratings = prepared.whole()
        at = find_boundaries([ratings.column("timestamp").to_numpy()], self.settings)
        parts = split_by_time(ratings, at)
        row = self._train_version(
            name,
            parts["train"],
            parts["test"],
            films,
            data=prepared.folder.name,
            learnt_before=at.test,
            known_before=at.buffer,
            warnings=warnings,
        )
        champion = self.database.champion()
        if champion is None or champion["version"] != row["version"]:
            self.database.promote(row["version"], "requested by `ratings train`")
        return self.database.versions(version=row["version"])[0]

    def _train_version(
        self,
        name: str,
        earlier: pa.Table,
        later: pa.Table,
        films: Films,
        *,
        data: str,
        learnt_before: int,
        known_before: int,
        warnings: Sequence[str] = (),
    ) -> VersionRow:
        batches = [row["digest"] for row, _ in list_batches(self.folder, self.database)]
        version = fingerprint(
            VERSION,
            name,
            data,
            learnt_before,
            earlier.num_rows,
            films.release_id,
            self.settings.model_dump(mode="json"),
            self.seed,
            batches,
        )[:16]
        place = version_folder(self.folder, version)
        if not (place / MANIFEST).is_file():
            model, evaluation = fit_and_evaluate(
                name, earlier, later, films, self.settings, self.seed
            )
            about = TrainingSummary(
                data=data,
                learnt_before=learnt_before,
                known_before=known_before,
                ratings=earlier.num_rows,
                figures=evaluation.figures,
                seed=self.seed,
                shape=list(count_ratings(earlier.column("rating").to_numpy()).counts),
                films_linked=int(films.linked.sum()),
                warnings=list(warnings),
            )
            save_model(model, films, place, about)
        about = read_manifest(place).about
        self.database.add_once(
            "versions",
            version=version,
            model=name,
            status="challenger",
            learnt_before=about.learnt_before,
            figures=about.figures.model_dump(mode="json"),
        )
        return self.database.versions(version=version)[0]

    def evaluate(
        self, model: Recommender, films: Films, earlier: pa.Table, later: pa.Table
    ) -> EvaluationFigures:
        """Evaluate a fitted model on a later period.

        Parameters
        ----------
        model : Recommender
            A fitted model.
        films : Films
            The films that it was fitted with.
        earlier, later : pa.Table of RATINGS
            Ratings that are known, and those of the period.
        """
        history = build_history(earlier, films)
        return evaluate_on(model, history, later, films, self.settings, self.seed).figures

    def served_version(self) -> tuple[VersionRow, TrainingSummary]:
        """Return the version that is served, and what it was trained on.

        Raises
        ------
        ModelError
            If there is none.
        """
        row = self.database.champion()
        if row is None:
            raise ModelError("no recommender is served yet: run `microgenres ratings train`")
        return row, read_manifest(version_folder(self.folder, row["version"])).about

    def prepared_ratings(self, about: TrainingSummary) -> PreparedRatings:
        """Return the prepared ratings that a version was trained on."""
        return PreparedRatings(self.folder / "data" / about.data)

    def all_ratings(self, about: TrainingSummary) -> pa.Table:
        """Return all ratings that are known today.

        Parameters
        ----------
        about : TrainingSummary
            Of the version whose prepared ratings are the base.

        Returns
        -------
        pa.Table of RATINGS
            The base and every batch since; the last rating of each user for each film.
        """
        base = select_between(self.prepared_ratings(about).whole(), None, about.known_before)
        batches = (read_table(path) for _, path in list_batches(self.folder, self.database))
        return deduplicate(add_row_numbers(pa.concat_tables([base, *batches])), "all ratings")[0]

    def retrain(self, *, force: bool = False) -> RetrainResult:
        """Train a challenger if due, and promote it if it is better on the same later ratings.

        Parameters
        ----------
        force : bool
            Train even if it is not due.

        Returns
        -------
        RetrainResult
            `version` and `promoted` only if a challenger was trained.

        Raises
        ------
        ModelError
            If no version is served yet.
        """
        row, about = self.served_version()
        alerts = self.database.alerts(version=row["version"])
        fresh = [
            batch
            for batch, _ in list_batches(self.folder, self.database)
            if batch["statistics"]["last_second"] >= row["learnt_before"]
        ]
        new = sum(batch["kept"] for batch in fresh)
        why = self._why_due(force, len(alerts), new, about)
        if not why or not fresh:
            reason = f"{len(alerts)} alerts and {new:,} new ratings: not due"
            self.database.decide(
                "nothing to do", reason, row["version"], alerts=len(alerts), new=new
            )
            return {"due": False, "why": reason}
        ratings = self.all_ratings(about)
        time = np.sort(ratings.column("timestamp").to_numpy())
        held_out = min(len(time) - 1, max(self.upkeep.min_rows, new // 5), max(1, new // 2))
        border = int(time[-held_out])
        earlier, later = (
            select_between(ratings, None, border),
            select_between(ratings, border, None),
        )
        champion, films = open_model(version_folder(self.folder, row["version"]))
        challenger = self._train_version(
            row["model"],
            earlier,
            later,
            films,
            data=about.data,
            learnt_before=border,
            known_before=about.known_before,
            warnings=about.warnings,
        )
        version = challenger["version"]
        if version == row["version"]:
            return {"due": True, "why": why, "version": version, "promoted": True}
        ours = EvaluationFigures.model_validate(challenger["figures"])
        theirs = self.evaluate(champion, films, earlier, later)
        better = ours.ndcg > theirs.ndcg and ours.rmse <= _WORST_RMSE * theirs.rmse
        reason = (
            f"{why}; nDCG {ours.ndcg:.4f} against {theirs.ndcg:.4f}, "
            f"RMSE {ours.rmse:.4f} against {theirs.rmse:.4f} on the same {later.num_rows:,} ratings"
        )
        evidence = {
            "ndcg": {"challenger": ours.ndcg, "champion": theirs.ndcg},
            "rmse": {"challenger": ours.rmse, "champion": theirs.rmse},
            "mae": {"challenger": ours.mae, "champion": theirs.mae},
        }
        if better:
            self.database.promote(version, reason, evidence=evidence)
        else:
            self.database.refuse(version, reason, evidence)
        return {"due": True, "why": reason, "version": version, "promoted": better}

    def _why_due(self, force: bool, alerts: int, new: int, about: TrainingSummary) -> str:
        """Return why training is due; empty if it is not."""
        if force:
            return "requested"
        if alerts >= self.upkeep.alerts:
            return f"{alerts} alerts since the promotion"
        if new / max(1, about.ratings) >= self.upkeep.new_share:
            return f"{new:,} new ratings"
        return ""

    def rollback(self, version: str | None = None) -> str:
        """Serve an earlier version again.

        Parameters
        ----------
        version : str, optional
            The version; without it, the one that was served before the champion.

        Returns
        -------
        str
            The version that is now served.

        Raises
        ------
        ModelError
            If there is no such version, or no earlier one.
        """
        if version is None:
            served = [
                decision["version"]
                for decision in self.database.decisions()
                if decision["kind"] in ("promote", "roll back")
            ]
            champion = self.database.champion()
            current = None if champion is None else champion["version"]
            earlier = [served_version for served_version in served if served_version != current]
            if not earlier:
                raise ModelError("no earlier version was served: there is nothing to roll back to")
            version = str(earlier[-1])
        self.database.promote(version, "rolled back", kind="roll back")
        return version
