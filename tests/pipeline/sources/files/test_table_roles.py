"""Roles of the tables of a source: films, side tables, neither."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources import open_source
from pipeline.sources.files.table_roles import describe_form
from pipeline.sources.forms import TableForm
from tests.support.cases import case

LONG = "A keeper of a lighthouse hides a map from the men who come at night."


def folder(path: Path, **files: str) -> Path:
    for name, text in files.items():
        (path / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return path


def read(path: Path, **settings: Any) -> tuple[dict[str, str], dict[str, list[dict[str, Any]]]]:
    """Return the roles, and the rows of each table without their missing values."""
    source = open_source(f"files:{path}", SourceSettings(**settings))
    source.check()
    rows: dict[str, list[dict[str, Any]]] = {}
    for chunk in source.read():
        keys = chunk.keys.to_pylist() or [{}] * len(chunk.movies)
        for film, key in zip(chunk.movies.to_pylist(), keys, strict=True):
            found = {name: value for name, value in (film | key).items() if value is not None}
            rows.setdefault(film["source"], []).append(found | {"fills": chunk.fills})
    return {table.name: table.role for table in source.tables()}, rows


def test_side_tables_fill_and_ratings_are_passed_over() -> None:
    roles, rows = read(case("08-side-tables/catalogue"))
    assert roles == {
        "credits.csv": "fills",
        "keywords.csv": "fills",
        "movies_metadata.csv": "films",
        "ratings.csv": "not read",
    }
    credit, keyword = rows["credits.csv"][0], rows["keywords.csv"][0]
    assert (credit["movie_id"], credit["directors"], credit["cast"]) == (
        "11",
        ["Ada Quill"],
        ["Bo Lint"],
    )
    assert keyword["keywords"] == ["lighthouse", "sea"]
    assert [row["fills"] for row in rows["movies_metadata.csv"]] == [False] * 3
    assert "title" not in credit and "overview" not in credit


def test_why_a_table_is_not_read_is_said() -> None:
    tables = open_source(f"files:{case('08-side-tables/catalogue')}", SourceSettings()).tables()
    (ratings,) = (table for table in tables if table.name == "ratings.csv")
    assert ratings.notes == ("not read: its rows belong to users (column 'userId')",)
    assert not any("column_map" in note for table in tables for note in table.notes)


def test_links_of_another_authority_join_by_its_ids(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        movies__csv=f"id,imdb_id,title,overview\n862,tt0114709,Salt Lamp,{LONG}\n",
        links__csv="movieId,imdbId,tmdbId\n1,0114709,862\n",
    )
    _, rows = read(path)
    (link,) = rows["links.csv"]
    # The number 1 of MovieLens is no id of the films.
    assert (link["imdb_id"], link["tmdb_id"], link["has_id"]) == ("tt0114709", "862", False)
    assert link["movie_id"] == "tt0114709"


def test_links_of_the_same_authority_join_by_their_own_id(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        movies__csv=f"movieId,title,overview\n1,Salt Lamp (1994),{LONG}\n",
        links__csv="movieId,imdbId,tmdbId\n1,0114709,862\n",
    )
    _, rows = read(path)
    assert (rows["links.csv"][0]["movie_id"], rows["links.csv"][0]["has_id"]) == ("1", True)


IMDB = {
    "title.basics.tsv": "tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\t"
    "endYear\truntimeMinutes\tgenres\n"
    "tt0000001\tmovie\tSalt Lamp\tSalt Lamp\t0\t1994\t\\N\t96\tDrama,Comedy\n",
    "title.ratings.tsv": "tconst\taverageRating\tnumVotes\ntt0000001\t7.1\t1204\n",
    "title.crew.tsv": "tconst\tdirectors\twriters\ntt0000001\tnm0005690\t\\N\n",
    "title.principals.tsv": "tconst\tordering\tnconst\tcategory\tjob\tcharacters\n"
    'tt0000001\t1\tnm1588970\tself\t\\N\t["Self"]\n',
    "title.akas.tsv": "titleId\tordering\ttitle\tregion\tlanguage\ttypes\tattributes\t"
    "isOriginalTitle\ntt0000001\t1\tSalzlampe\tDE\t\\N\timdbDisplay\t\\N\t0\n",
    "name.basics.tsv": "nconst\tprimaryName\tbirthYear\nnm0000001\tBo Lint\t1899\n",
    "plots.csv": f"imdb_id,plot\ntt0000001,{LONG}\n",
}


def test_the_tables_of_imdb_with_plots_apart(tmp_path: Path) -> None:
    for name, text in IMDB.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    roles, rows = read(tmp_path)
    assert {name for name, role in roles.items() if role == "films"} == {"title.basics.tsv"}
    assert {name for name, role in roles.items() if role == "fills"} == {
        "plots.csv",
        "title.ratings.tsv",
    }
    (film,) = rows["title.basics.tsv"]
    assert (film["title"], film["year"], film["genres"]) == ("Salt Lamp", 1994, ["Drama", "Comedy"])
    assert rows["plots.csv"][0]["overview"] == LONG
    assert rows["title.ratings.tsv"][0]["vote_count"] == 1204


CMU = {
    "movie.metadata.tsv": "975900\t/m/03vyhn\tSalt Lamp\t2001-08-24\t14010832\t98.0\t"
    '{"/m/02h40lc": "English Language"}\t{"/m/09c7w0": "United States of America"}\t'
    '{"/m/01jfsb": "Thriller"}\n3196793\t/m/08yl5d\tWaltz\t2000\t\t95.0\t{}\t{}\t{}\n',
    "plot_summaries.txt": f"975900\t{LONG}\n3196793\t{LONG} Again.\n",
}


@pytest.mark.parametrize(
    "settings",
    [
        {"column_map": {"movie_id": "1", "title": "3", "overview": "2"}},
        {
            "table_maps": {
                "movie.metadata.tsv": {"movie_id": "1", "title": "3", "release_date": "4"},
                "plot_*": {"movie_id": "1", "overview": "2"},
            }
        },
    ],
)
def test_two_files_without_header_given_a_map(tmp_path: Path, settings: dict[str, Any]) -> None:
    for name, text in CMU.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    roles, rows = read(tmp_path, **settings)
    assert roles == {"movie.metadata.tsv": "films", "plot_summaries.txt": "fills"}
    titles = [(film["movie_id"], film["title"]) for film in rows["movie.metadata.tsv"]]
    assert titles == [("975900", "Salt Lamp"), ("3196793", "Waltz")]
    plots = [(row["movie_id"], row["overview"]) for row in rows["plot_summaries.txt"]]
    assert plots == [("975900", LONG), ("3196793", LONG + " Again.")]


def test_a_side_table_alone_may_be_a_source_of_its_own(tmp_path: Path) -> None:
    path = folder(tmp_path, credits__csv="movie_id,title,cast\n5,Salt Lamp,Bo|Cy\n") / "credits.csv"
    roles, rows = read(path)
    assert roles == {"credits.csv": "fills"}
    assert rows["credits.csv"][0]["cast"] == ["Bo", "Cy"]
    (table,) = open_source(f"files:{path}", SourceSettings()).tables()
    assert any("no column for overview" in note for note in table.notes)


def test_films_whose_overviews_are_not_found_are_an_error(tmp_path: Path) -> None:
    rows = "".join(f"{n},Wall {n},{LONG} {n}\n" for n in range(3))
    path = folder(tmp_path, a__csv="id,title,Langfassung\n" + rows)
    with pytest.raises(SourceError, match=r"a\.csv: no column for overview.*'Langfassung'"):
        read(path)


def test_opinions_of_users_are_no_films(tmp_path: Path) -> None:
    path = folder(
        tmp_path,
        a__csv=f"id,title,overview\n1,Salt Lamp,{LONG}\n",
        tags__csv="userId,movieId,tag,timestamp\n1,1,sea,964982703\n",
    )
    assert read(path)[0] == {"a.csv": "films", "tags.csv": "not read"}
    with pytest.raises(SourceError, match=r"has no films; tags\.csv is not read: its rows belong"):
        read(path / "tags.csv")


def test_names_that_mean_other_things_do_not_fill(tmp_path: Path) -> None:
    diary = (
        "Date,Name,Year,Letterboxd URI,Rating\n2020-01-01,Salt Lamp,1994,https://boxd.it/2a,4.5\n"
    )
    path = folder(tmp_path, a__csv=f"id,title,overview\n1,Salt Lamp,{LONG}\n", diary__csv=diary)
    _, rows = read(path)
    assert "release_date" not in rows["diary.csv"][0]
    assert "vote_average" not in rows["diary.csv"][0]


def test_a_form_is_described_in_words() -> None:
    form = TableForm("TSV", compression="gzip", encoding="utf-8", separator="\t")
    assert describe_form(form) == "TSV, gzip, utf-8, separated by tabs"
    assert describe_form(TableForm("Parquet")) == "Parquet"


def test_units_by_cells_and_other_currencies_are_said(tmp_path: Path) -> None:
    path = folder(tmp_path, a__csv=f"title,runtime,Budget (EUR),overview\nWall,5760,100,{LONG}\n")
    (table,) = open_source(f"files:{path}", SourceSettings()).tables()
    assert "'Budget (EUR)' is not used: its numbers are in EUR, not US dollars" in table.notes
    assert any(note.startswith("'runtime' is read in seconds, since") for note in table.notes)
