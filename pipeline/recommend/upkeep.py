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

from pipeline.durable import read_table
from pipeline.errors import ModelError
from pipeline.manifest import fingerprint
from pipeline.rating_tables import RATINGS
from pipeline.recommend.batches import ingested
from pipeline.recommend.contract import Recommender
from pipeline.recommend.drift import Shape, alerts_of, drift, shape_of
from pipeline.recommend.evaluate import measured
from pipeline.recommend.films import Films
from pipeline.recommend.history import history
from pipeline.recommend.intake import MANIFEST, Prepared
from pipeline.recommend.models import keep, model_named, open_model, read_manifest
from pipeline.recommend.questions import questions
from pipeline.recommend.records import Record, insert
from pipeline.recommend.split import Borders, between, borders, cut
from pipeline.settings import RecommendSettings, UpkeepSettings

__all__ = ["FOLDER", "Keeper", "version_folder"]

FOLDER = "ratings"  # of an output folder
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
        at = self.borders(ratings)
        parts = cut(ratings, at)
        row = self._learn(name, parts["train"], parts["test"], films, prepared, at.test)
        champion = self.record.champion()
        if champion is None or champion["version"] != row["version"]:
            self.record.promote(row["version"], "asked for by `ratings train`")
        return self.record.rows("versions", version=row["version"])[0]

    def borders(self, ratings: pa.Table) -> Borders:
        """How the ratings are split by time."""
        return borders([ratings.column("timestamp").to_numpy()], self.settings)

    def _learn(
        self, name: str, earlier: pa.Table, later: pa.Table, films: Films, prepared: Prepared,
        before: int,
    ) -> dict[str, Any]:  # fmt: skip
        batches = [row["digest"] for row, _ in ingested(self.folder, self.record)]
        version = fingerprint(
            VERSION, name, prepared.folder.name, before, earlier.num_rows, films.release_id,
            self.settings.model_dump(mode="json"), self.seed, batches,
        )[:16]  # fmt: skip
        place = version_folder(self.folder, version)
        if not (place / MANIFEST).is_file():
            known = history(earlier, films)
            model = model_named(name, self.settings)
            model.fit(known, films, self.seed)
            figures = self.figures(model, films, earlier, later)
            about = {
                "data": prepared.folder.name, "learnt_before": before,
                "known_before": self.borders(prepared.whole()).buffer, "ratings": earlier.num_rows,
                "shape": list(shape_of(earlier.column("rating").to_numpy()).counts),
                "figures": figures, "seed": self.seed,
            }  # fmt: skip
            keep(model, films, place, about)
        told = read_manifest(place)["about"]
        self.record.add_once(
            "versions", version=version, model=name, status="challenger",
            learnt_before=told["learnt_before"], figures=told["figures"],
        )  # fmt: skip
        return self.record.rows("versions", version=version)[0]

    def figures(
        self, model: Recommender, films: Films, earlier: pa.Table, later: pa.Table
    ) -> dict[str, Any]:
        """How good a model is on `later`, users' earlier ratings being known."""
        known = history(earlier, films)
        most = self.settings.measured_users
        asked = questions(known, later, films, self.settings.liked, most, self.seed)
        return measured(model, known, films, asked, self.seed).figures

    def champion(self) -> tuple[dict[str, Any], Recommender, Films, dict[str, Any]]:
        """The version that is served: its row, model, films, and what its manifest says.

        Raises
        ------
        ModelError
            when there is none.
        """
        row = self.record.champion()
        if row is None:
            raise ModelError("no recommender is served yet: run `microgenres ratings train`")
        place = version_folder(self.folder, row["version"])
        model, films = open_model(place)
        return row, model, films, read_manifest(place)["about"]

    def all_ratings(self, about: dict[str, Any]) -> pa.Table:
        """What was learnt from, and every batch since; the last rating of a user's film counts."""
        prepared = Prepared(self.folder / "data" / about["data"])
        base = between(prepared.whole(), None, self.borders(prepared.whole()).buffer)
        parts = [base, *(read_table(path) for _, path in ingested(self.folder, self.record))]
        whole = pa.concat_tables(parts)
        user, film, time = (whole.column(n).to_numpy() for n in ("user_id", "film_id", "timestamp"))
        order = np.lexsort((time, film, user))
        last = np.ones(len(order), bool)
        last[:-1] = (user[order][1:] != user[order][:-1]) | (film[order][1:] != film[order][:-1])
        return whole.take(pa.array(np.sort(order[last]))).combine_chunks()

    def monitor(self) -> list[dict[str, Any]]:
        """Judge the batches that have not been judged against the champion; what was found."""
        row, model, films, about = self.champion()
        version = row["version"]
        judged = {
            digest
            for metric in self.record.rows("metrics", version=version)
            for digest in metric["figures"]["batches"]
        }
        waiting = [
            (b, p) for b, p in ingested(self.folder, self.record) if b["digest"] not in judged
        ]
        reference = Shape(tuple(about["shape"]))
        found, pool = [], list[tuple[dict[str, Any], Path]]()
        for batch in waiting:
            pool.append(batch)
            if sum(b["kept"] for b, _ in pool) >= self.upkeep.min_rows:
                found.append(self._judge(row, model, films, about, reference, pool))
                pool = []
        if pool or not found:
            rows = sum(b["kept"] for b, _ in pool)
            why = (
                f"{rows:,} ratings wait until there are {self.upkeep.min_rows:,}"
                if pool else "no batch is waiting"
            )  # fmt: skip
            self.record.decide("wait", why, version, rows=rows)
        return found

    def _judge(
        self, row: dict[str, Any], model: Recommender, films: Films, about: dict[str, Any],
        reference: Shape, pool: list[tuple[dict[str, Any], Path]],
    ) -> dict[str, Any]:  # fmt: skip
        ratings = pa.concat_tables([RATINGS.empty_table(), *(read_table(p) for _, p in pool)])
        digests = [b["digest"] for b, _ in pool]
        figures = drift(reference, shape_of(ratings.column("rating").to_numpy()))
        start = int(ratings.column("timestamp").to_numpy().min())
        earlier = between(self.all_ratings(about), None, start)
        told = self.figures(model, films, earlier, ratings)
        figures |= {name: told[name] for name in ("rmse", "mae", "ndcg")}
        alerts = alerts_of(figures, row["figures"], self.upkeep)
        weeks = [b["week"] for b, _ in pool]
        whole = {**figures, "batches": digests, "weeks": weeks}
        with self.record.transaction() as connection:
            metric = insert(
                connection, "metrics", batches=fingerprint(digests), version=row["version"],
                week=weeks[-1], figures=whole,
            )  # fmt: skip
            for kind, value, threshold in alerts:
                insert(
                    connection, "alerts", metric=metric, version=row["version"], kind=kind,
                    value=value, threshold=threshold,
                )  # fmt: skip
            kinds = [kind for kind, _, _ in alerts]
            insert(
                connection, "decisions", kind="alert" if alerts else "nothing to do",
                version=row["version"], evidence={"weeks": weeks, "alerts": kinds},
                why=f"{', '.join(kinds)} too far" if alerts else "ratings are as before",
            )  # fmt: skip
        return {"weeks": weeks, "alerts": kinds, **figures}

    def retrain(self, *, force: bool = False) -> dict[str, Any]:
        """Learn anew when due, and promote what was learnt if it is better on the same later slice.

        Returns
        -------
        `due`, `why`; with `version`, `promoted` and both figures where something was learnt.
        """
        row, model, films, about = self.champion()
        alerts = self.record.rows("alerts", version=row["version"])
        fresh = [b for b, _ in ingested(self.folder, self.record)
                 if b["told"]["last_second"] >= row["learnt_before"]]  # fmt: skip
        new = sum(b["kept"] for b in fresh)
        share = new / max(1, about["ratings"])
        why = (
            "asked for" if force
            else f"{len(alerts)} alerts since the promotion" if len(alerts) >= self.upkeep.alerts
            else f"{new:,} new ratings" if share >= self.upkeep.new_share
            else ""
        )  # fmt: skip
        if not why or not fresh:
            told = f"{len(alerts)} alerts and {new:,} new ratings: not due"
            self.record.decide("nothing to do", told, row["version"], alerts=len(alerts), new=new)
            return {"due": False, "why": told}
        ratings = self.all_ratings(about)
        time = np.sort(ratings.column("timestamp").to_numpy())
        held = min(len(time) - 1, max(self.upkeep.min_rows, new // 5), max(1, new // 2))
        border = int(time[-held])
        earlier, later = between(ratings, None, border), between(ratings, border, None)
        prepared = Prepared(self.folder / "data" / about["data"])
        made = self._learn(row["model"], earlier, later, films, prepared, border)
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
            served = [d["version"] for d in self.record.rows("decisions")
                      if d["kind"] in ("promote", "roll back")]  # fmt: skip
            champion = self.record.champion()
            now = None if champion is None else champion["version"]
            before = [v for v in served if v != now]
            if not before:
                raise ModelError("no earlier version was served: there is nothing to go back to")
            version = str(before[-1])
        self.record.promote(version, "rolled back", kind="roll back")
        return version
