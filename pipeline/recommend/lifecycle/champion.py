"""A recommender's life: learnt, watched as batches come, learnt anew when due, promoted if better.

Whatever is decided is in the record, also that there is nothing to do. Every step can be killed and
given again: versions are named by what they are learnt from, judgements by the batches judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.errors import ModelError
from pipeline.fileio.manifest import fingerprint
from pipeline.fileio.parquet import read_table
from pipeline.recommend.data.films import Films
from pipeline.recommend.data.ingest import MANIFEST, Prepared, numbered, settled
from pipeline.recommend.data.interactions import history
from pipeline.recommend.data.temporal_split import between, borders, cut
from pipeline.recommend.evaluation.evaluate import fit_and_measure, measured_on
from pipeline.recommend.lifecycle.batches import ingested
from pipeline.recommend.lifecycle.database import Record
from pipeline.recommend.lifecycle.drift import shape_of
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.registry import keep, open_model, read_manifest
from pipeline.settings import RecommendSettings, UpkeepSettings

__all__ = ["Keeper", "version_folder"]

VERSION = 1
_MUCH_WORSE = 1.01  # a challenger's RMSE beside the champion's


def version_folder(folder: Path, version: str) -> Path:
    """Where a version of `DIR/ratings` is kept."""
    return folder / "versions" / version


@dataclass(frozen=True)
class Keeper:
    """What upkeep works on: `DIR/ratings`, its record and settings."""

    folder: Path
    record: Record
    settings: RecommendSettings
    upkeep: UpkeepSettings
    seed: int

    def first(self, prepared: Prepared, films: Films, name: str) -> dict[str, Any]:
        """Learn from the earliest ratings, measure on those after, and serve it.

        Returns
        -------
        The version's row of the record.
        """
        ratings = prepared.whole()
        at = borders([ratings.column("timestamp").to_numpy()], self.settings)
        parts = cut(ratings, at)
        known = {"data": prepared.folder.name, "learnt_before": at.test, "known_before": at.buffer}
        row = self._learn(name, parts["train"], parts["test"], films, known)
        champion = self.record.champion()
        if champion is None or champion["version"] != row["version"]:
            self.record.promote(row["version"], "asked for by `ratings train`")
        return self.record.rows("versions", version=row["version"])[0]

    def _learn(
        self, name: str, earlier: pa.Table, later: pa.Table, films: Films, known: dict[str, Any]
    ) -> dict[str, Any]:
        batches = [row["digest"] for row, _ in ingested(self.folder, self.record)]
        version = fingerprint(
            VERSION,
            name,
            known["data"],
            known["learnt_before"],
            earlier.num_rows,
            films.release_id,
            self.settings.model_dump(mode="json"),
            self.seed,
            batches,
        )[:16]
        place = version_folder(self.folder, version)
        if not (place / MANIFEST).is_file():
            model, found = fit_and_measure(name, earlier, later, films, self.settings, self.seed)
            about = {
                **known,
                "ratings": earlier.num_rows,
                "figures": found.figures,
                "seed": self.seed,
                "shape": list(shape_of(earlier.column("rating").to_numpy()).counts),
            }
            keep(model, films, place, about)
        told = read_manifest(place)["about"]
        self.record.add_once(
            "versions",
            version=version,
            model=name,
            status="challenger",
            learnt_before=told["learnt_before"],
            figures=told["figures"],
        )
        return self.record.rows("versions", version=version)[0]

    def figures(
        self, model: Recommender, films: Films, earlier: pa.Table, later: pa.Table
    ) -> dict[str, Any]:
        """How good a model is on `later`, users' earlier ratings being known."""
        known = history(earlier, films)
        return measured_on(model, known, later, films, self.settings, self.seed).figures

    def served(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The version that is served: its row, and what its manifest says of what it learnt from.

        Raises
        ------
        ModelError
            when there is none.
        """
        row = self.record.champion()
        if row is None:
            raise ModelError("no recommender is served yet: run `microgenres ratings train`")
        return row, read_manifest(version_folder(self.folder, row["version"]))["about"]

    def prepared(self, about: dict[str, Any]) -> Prepared:
        """The ratings that a version learnt from."""
        return Prepared(self.folder / "data" / about["data"])

    def all_ratings(self, about: dict[str, Any]) -> pa.Table:
        """What was learnt from, and every batch since; the last rating of a user's film counts."""
        base = between(self.prepared(about).whole(), None, about["known_before"])
        parts = [base, *(read_table(path) for _, path in ingested(self.folder, self.record))]
        return settled(numbered(pa.concat_tables(parts)), "all ratings")[0]

    def retrain(self, *, force: bool = False) -> dict[str, Any]:
        """Learn anew when due, and promote what was learnt if it is better on the same later slice.

        Returns
        -------
        `due`, `why`; with `version`, `promoted` and both figures where something was learnt.
        """
        row, about = self.served()
        alerts = self.record.rows("alerts", version=row["version"])
        fresh = [
            b
            for b, _ in ingested(self.folder, self.record)
            if b["told"]["last_second"] >= row["learnt_before"]
        ]
        new = sum(b["kept"] for b in fresh)
        share = new / max(1, about["ratings"])
        why = (
            "asked for"
            if force
            else f"{len(alerts)} alerts since the promotion"
            if len(alerts) >= self.upkeep.alerts
            else f"{new:,} new ratings"
            if share >= self.upkeep.new_share
            else ""
        )
        if not why or not fresh:
            told = f"{len(alerts)} alerts and {new:,} new ratings: not due"
            self.record.decide("nothing to do", told, row["version"], alerts=len(alerts), new=new)
            return {"due": False, "why": told}
        ratings = self.all_ratings(about)
        time = np.sort(ratings.column("timestamp").to_numpy())
        held = min(len(time) - 1, max(self.upkeep.min_rows, new // 5), max(1, new // 2))
        border = int(time[-held])
        earlier, later = between(ratings, None, border), between(ratings, border, None)
        model, films = open_model(version_folder(self.folder, row["version"]))
        known = {n: about[n] for n in ("data", "known_before")} | {"learnt_before": border}
        made = self._learn(row["model"], earlier, later, films, known)
        if made["version"] == row["version"]:
            return {"due": True, "why": why, "version": made["version"], "promoted": True}
        ours, theirs = made["figures"], self.figures(model, films, earlier, later)
        better = ours["ndcg"] > theirs["ndcg"] and ours["rmse"] <= _MUCH_WORSE * theirs["rmse"]
        told = (
            f"{why}; nDCG {ours['ndcg']:.4f} beside {theirs['ndcg']:.4f}, "
            f"RMSE {ours['rmse']:.4f} beside {theirs['rmse']:.4f} on the same {later.num_rows:,}"
        )
        evidence = {
            n: {"challenger": ours[n], "champion": theirs[n]} for n in ("ndcg", "rmse", "mae")
        }
        if better:
            self.record.promote(made["version"], told, evidence=evidence)
        else:
            self.record.refuse(made["version"], told, evidence)
        return {"due": True, "why": told, "version": made["version"], "promoted": better}

    def rollback(self, version: str | None = None) -> str:
        """Serve an earlier version again: that one, or the last that was retired.

        Raises
        ------
        ModelError
            when there is none.
        """
        if version is None:
            served = [
                d["version"]
                for d in self.record.rows("decisions")
                if d["kind"] in ("promote", "roll back")
            ]
            champion = self.record.champion()
            now = None if champion is None else champion["version"]
            before = [v for v in served if v != now]
            if not before:
                raise ModelError("no earlier version was served: there is nothing to go back to")
            version = str(before[-1])
        self.record.promote(version, "rolled back", kind="roll back")
        return version
