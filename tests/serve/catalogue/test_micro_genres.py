"""Micro-genres, families and figures of a release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.release.lookup import NotInReleaseError
from pipeline.schemas.vectors import matrix_of
from serve.catalogue.catalogue import Catalogue


class TestGenres:
    def test_figures_match_the_films(
        self, catalogue: Catalogue, films: list[dict[str, Any]]
    ) -> None:
        figures = catalogue.figures()
        assert (figures["films"], figures["micro_genres"], figures["families"]) == (40, 4, 2)
        assert (figures["first_year"], figures["last_year"]) == (1960, 1999)
        assert figures["weak_films"] == sum(film["weak"] for film in films)
        rated = [film["vote_average"] for film in films if film["vote_average"] is not None]
        assert figures["vote_average"] == pytest.approx(np.mean(rated))

    def test_a_micro_genre_is_found_by_number_and_by_id(
        self, catalogue: Catalogue, films: list[dict[str, Any]]
    ) -> None:
        first = catalogue.micro_genre(0)
        assert first == catalogue.micro_genre("0") == catalogue.micro_genre("submarine-thrillers")
        own = [film for film in films if film["cluster"] == 0]
        rated = [film["vote_average"] for film in own if film["vote_average"] is not None]
        assert first["high_rated_share"] == pytest.approx(np.mean(np.array(rated) >= 7))
        assert first["popularity"] == pytest.approx(np.mean([film["popularity"] for film in own]))
        assert first["peak_decade"] == 1960
        first["keywords"].append("changed by the caller")
        assert "changed by the caller" not in catalogue.micro_genre(0)["keywords"]
        for unknown in (4, -1, "4", "9" * 400, "nope", "²"):
            with pytest.raises(NotInReleaseError):
                catalogue.micro_genre(unknown)

    def test_siblings_are_of_the_same_family_nearest_first(
        self, catalogue: Catalogue, release: Path
    ) -> None:
        (other,) = catalogue.siblings(0)
        centroids = matrix_of(pq.read_table(release / "centroids.parquet"))
        assert other["cluster"] == 1
        assert other["closeness"] == pytest.approx(float(centroids[0] @ centroids[1]), abs=1e-6)

    def test_families_list_their_micro_genres(self, catalogue: Catalogue) -> None:
        assert [row["clusters"] for row in catalogue.families()] == [[0, 1], [2, 3]]
