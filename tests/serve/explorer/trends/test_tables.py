"""Tables of the trends page."""

from __future__ import annotations

from serve.catalogue.catalogue import Catalogue
from serve.catalogue.records import GrowthRow
from serve.explorer.trends.tables import growth_tables, heat_rows, releases_tables


def test_heat_rows_have_all_decades_and_shares_of_the_micro_genre(catalogue: Catalogue) -> None:
    rows = catalogue.trends.films_by("decade")
    heat = heat_rows(rows, catalogue.micro_genres())
    peaks = [row["genre"]["peak_decade"] or 0 for row in heat]
    assert peaks == sorted(peaks)
    for row in heat:
        dated = [film for film in rows if film["cluster"] == row["genre"]["cluster"]]
        assert sum(films for films, _, _ in row["cells"]) == sum(own["films"] for own in dated)
        assert abs(sum(share for _, share, _ in row["cells"]) - 1) < 1e-9
        assert {colour for _, share, colour in row["cells"] if share == 0} <= {0}


def change(cluster: int, before: int, after: int) -> GrowthRow:
    return {
        "cluster": cluster,
        "name": str(cluster),
        "before": before,
        "after": after,
        "before_share": None,
        "after_share": None,
        "change": None,
    }


def test_changes_of_few_films_are_marked_and_do_not_come_first() -> None:
    rows = [change(0, 60, 180), change(1, 1, 2), change(2, 200, 50), change(3, 1, 7)]
    (_, grown), (_, fallen) = growth_tables(rows, 10)
    assert [(row["cluster"], row["few"]) for row in grown] == [(0, False), (3, True)]
    assert [row["cluster"] for row in fallen] == [2]


def test_releases_without_a_change_give_no_table() -> None:
    assert releases_tables([{"change": 0}], 5) == []
    ((title, rows),) = releases_tables([{"change": 0}, {"change": -2}], 5)
    assert (title, rows) == ("Largest losses", [{"change": -2}])
