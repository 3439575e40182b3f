"""BERTopic beside `microgenres mine`: the same texts and weights, each as a whole program."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq

from benchmarks.lib.harness import Row, fit_exponent
from benchmarks.lib.memory_sampler import run_sampled
from benchmarks.lib.planted_score import score_topics
from pipeline.embedding.weights import identify
from pipeline.features.text import compose_texts
from pipeline.settings import EmbedSettings, FeatureSettings

__all__ = ["MODULES", "NAME", "compare", "comparison_rows", "describe", "run_bertopic"]

NAME = "BERTopic"
MODULES = ("bertopic", "umap", "hdbscan")  # what it needs beside our own libraries
_WHOLE = "whole command"
_OF_LAST = ("version", "topics", "example", "ami", "ami_of_placed")


def run_bertopic(release: Path, place: Path, truth: Path | None = None) -> Row:
    """Run BERTopic in a process of its own on the texts that a mining encoded.

    Parameters
    ----------
    release : Path
        Folder of a release: its films, with the texts as the mining composed them.
    place : Path
        Folder for its files.
    truth : Path, optional
        File of TRUTH: which micro-genres are planted.

    Returns
    -------
    dict of str to Any
        Those of `bertopic_run.find_topics` and of `score_topics`; "films"; "wall_seconds" of the
        process, with its imports and compilations; "total_mib", its peak memory; "version".
    """
    texts, answer = place / "texts.parquet", place / "bertopic"
    movies = pq.read_table(release / "movies.parquet")
    composed = compose_texts(movies, FeatureSettings()).select(["movie_id", "text"])
    pq.write_table(composed, texts)
    model = identify(EmbedSettings(device="cpu")).folder
    sampled = run_sampled(
        "benchmarks.lib.peers.bertopic_run",
        [str(texts), model, str(answer)],
        place / "bertopic.log",
        recorded=False,
    )
    row: Row = {
        "films": len(composed),
        "wall_seconds": sampled["wall_seconds"],
        "total_mib": sampled["total_mib"],
        "version": version("bertopic"),
        **json.loads(answer.with_suffix(".json").read_text("utf-8")),
    }
    if truth is None:
        return row
    found = pq.read_table(answer.with_suffix(".parquet"))
    return row | score_topics(pq.read_table(truth), found["movie_id"], found["topic"].to_numpy())


def compare(ours: Sequence[Row], theirs: Sequence[Row]) -> dict[str, Any]:
    """Return the medians of our runs and of BERTopic's, and how many times as fast ours are.

    Parameters
    ----------
    ours, theirs : sequence of Row
        Rows of `mine_catalogue` and of `run_bertopic`, turn by turn.

    Returns
    -------
    dict of str to Any
        "films"; "ours" and "bertopic", figures of each; "ratio" of the seconds from command to
        prompt; "ratio_inside" without the start of either: our flow against their encoding and
        fitting; "ratio_of_encoding"; "whole_to_encoding", of our flow.
    """
    own = {
        "wall_seconds": _median(ours, lambda run: run["wall_seconds"]),
        "inside_seconds": _median(ours, lambda run: run["seconds"]["total"]),
        "encode_seconds": _median(ours, lambda run: run["seconds"]["embed"]),
        "total_mib": _median(ours, lambda run: run["total_mib"]),
        "dtype": ours[-1]["dtype"],
        "bfloat16_gain": ours[-1].get("bfloat16_gain"),
        "micro_genres": ours[-1]["micro_genres"],
        "ami": (ours[-1].get("recovered") or {}).get("ami"),
    }
    peer = {
        "wall_seconds": _median(theirs, lambda run: run["wall_seconds"]),
        "inside_seconds": _median(theirs, lambda run: run["encode_seconds"] + run["fit_seconds"]),
        "encode_seconds": _median(theirs, lambda run: run["encode_seconds"]),
        "total_mib": _median(theirs, lambda run: run["total_mib"]),
        "unplaced_share": _median(theirs, lambda run: run["unplaced_share"]),
        **{name: theirs[-1].get(name) for name in _OF_LAST},
    }
    return {
        "films": ours[-1]["films"],
        "ours": own,
        "bertopic": peer,
        "ratio": peer["wall_seconds"] / own["wall_seconds"],
        "ratio_inside": peer["inside_seconds"] / own["inside_seconds"],
        "ratio_of_encoding": peer["encode_seconds"] / own["encode_seconds"],
        "whole_to_encoding": own["inside_seconds"] / own["encode_seconds"],
    }


def _median(runs: Sequence[Row], figure: Callable[[Row], float]) -> float:
    return median(map(figure, runs))


def comparison_rows(comparisons: Sequence[Row]) -> list[Row]:
    """Return a row for each program and catalogue; exponents are of the synthetic catalogues."""
    rows: list[Row] = []
    for name, key in ((f"ours, {_WHOLE}", "ours"), (f"{NAME}, {_WHOLE}", "bertopic")):
        grown = [one for one in comparisons if one["synthetic"]]
        slope = fit_exponent(
            [one["films"] for one in grown], [one[key]["wall_seconds"] for one in grown]
        )
        rows += [
            {
                "films": one["films"],
                "contender": name,
                "seconds": one[key]["wall_seconds"],
                "total_mib": one[key]["total_mib"],
                "exponent": slope if one is comparisons[-1] else None,
            }
            for one in comparisons
        ]
    return rows


def describe(compared: Row) -> str:
    """Return a comparison in a sentence."""
    ours, peer = compared["ours"], compared["bertopic"]
    what = "" if compared["synthetic"] else " of the given catalogue"
    gain, recovery = "", ""
    if ours["bfloat16_gain"] is not None:
        gain = f" (bfloat16 is {ours['bfloat16_gain']:.2f} times as fast as float32 here)"
    if ours["ami"] is not None and peer["ami"] is not None:
        recovery = f"; AMI with what is planted: ours {ours['ami']:.3f}, {NAME} {peer['ami']:.3f}"
        if peer["ami_of_placed"] is not None:
            recovery += f" ({peer['ami_of_placed']:.3f} of the films that it places)"
    return (
        f"{compared['films']:,} films{what}, from command to prompt: ours in {ours['dtype']}{gain} "
        f"{ours['wall_seconds']:.0f} s, {NAME} {peer['version']} {peer['wall_seconds']:.0f} s, "
        f"{compared['ratio']:.2f} times as long ({compared['ratio_inside']:.2f} without starting "
        f"either, {compared['ratio_of_encoding']:.2f} encoding alone); {NAME} leaves "
        f"{100 * peer['unplaced_share']:.0f} % of the films without a topic{recovery}; peak memory "
        f"of all processes {ours['total_mib']:.0f} and {peer['total_mib']:.0f} MiB"
    )
