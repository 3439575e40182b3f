from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceError
from pipeline.ingest.catalogue_rows import CatalogueRows
from pipeline.ingest.partition import PartitionedCatalogue, read_catalogue
from pipeline.settings import SourceSettings
from pipeline.storage.work_store import WorkStore
from tests.support.ingest_rows import PLOTS, RowSource

SETTINGS = SourceSettings()
FILMS = "id,title,year,overview\n" + "".join(
    f'{n},Film {n},{1990 + n},"{PLOTS[n]}"\n' for n in range(4)
)
TITLES = "id,title,year,genre\n" + "".join(f"m{n},Film {n},{1990 + n},War\n" for n in range(4))
# as many rows as titles, m4 has none
TEXTS = "id,plot\n" + "".join(f'm{n},"{PLOTS[n]}"\n' for n in range(1, 5))


def write(folder: Path, files: dict[str, str]) -> list[str]:
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [f"files:{folder / name}" for name in files]


def rows(store: WorkStore, catalogue: PartitionedCatalogue) -> list[dict[str, Any]]:
    found = store.read(catalogue.partitions).to_pylist()
    return sorted(found, key=lambda row: (row["movie_id"], row["source"], row["row"]))


def table(catalogue: PartitionedCatalogue, name: str) -> dict[str, Any]:
    found = [
        table
        for source in catalogue.sources
        for table in source["tables"]  # type: ignore[attr-defined]
        if table["name"] == name
    ]
    assert len(found) == 1
    return dict(found[0])


def test_a_side_table_given_as_a_source_fills_the_films(tmp_path: Path) -> None:
    keywords = "id,keywords\n0,sea\n1,robot\n2,\n3,song\n99,none\n"
    specs = write(tmp_path, {"films.csv": FILMS, "keywords.csv": keywords})
    store = WorkStore(tmp_path / "out")
    catalogue = read_catalogue(store, specs[::-1], SETTINGS)
    assert [row["keywords"] for row in rows(store, catalogue)] == [
        ["sea"],
        ["robot"],
        None,
        ["song"],
    ]
    assert catalogue.rows_in == 4
    assert "keywords.csv: 1 of 5 rows belong to no film; 4 films have a row" in catalogue.notes
    counts = table(catalogue, "keywords.csv")
    assert (counts["rows"], counts["films"], counts["rows_without_film"]) == (5, 4, 1)
    assert [source["rows"] for source in catalogue.sources] == [4, 0]


def test_titles_and_plots_apart_are_films(tmp_path: Path) -> None:
    specs = write(tmp_path, {"titles.csv": TITLES, "plots.csv": TEXTS})
    store = WorkStore(tmp_path / "out")
    catalogue = read_catalogue(store, specs, SETTINGS)
    found = rows(store, catalogue)
    assert [(r["movie_id"], r["title"], r["year"]) for r in found] == [
        ("m1", "Film 1", 1991),
        ("m2", "Film 2", 1992),
        ("m3", "Film 3", 1993),
        ("m4", None, None),
    ]
    assert found[0]["genres"] == ["War"]
    assert catalogue.rows_in == 4
    assert table(catalogue, "plots.csv")["role"] == "films"


@pytest.mark.parametrize(
    ("name", "text", "missing"),
    [("titles.csv", TITLES, "overview"), ("plots.csv", TEXTS, "title")],
)
def test_side_tables_alone_are_an_error(tmp_path: Path, name: str, text: str, missing: str) -> None:
    specs = write(tmp_path, {name: text})
    with pytest.raises(SourceError, match=f"{name}.* no column for {missing}"):
        read_catalogue(WorkStore(tmp_path / "out"), specs, SETTINGS)


def test_links_join_films_of_two_files(tmp_path: Path) -> None:
    films = [
        {"id": str(n), "title": f"Film {n}", "year": 1990 + n, "overview": PLOTS[n]}
        for n in range(4)
    ]
    links = [{"id": str(n), "imdb_id": f"tt000000{n + 1}"} for n in range(4)]
    imdb = [
        {"imdb_id": f"tt000000{n + 1}", "title": f"Other {n}", "overview": PLOTS[5 - n]}
        for n in range(4)
    ]
    catalogue = CatalogueRows(tmp_path)
    catalogue.read(
        RowSource("folder", [("films.csv", films, False), ("links.csv", links, True)]), "", 0
    )
    catalogue.read(RowSource("imdb.csv", [("imdb.csv", imdb, False)]), "", 1)
    catalogue.settle(())
    assert catalogue.ids().to_pylist() == [*"01230123"]
    assert catalogue.notes == []


def test_the_order_of_sources_changes_no_byte(tmp_path: Path) -> None:
    other = "title,year,overview\n" + "".join(
        f'Film {n},{1990 + n},"{PLOTS[n]}"\n' for n in range(3)
    )
    numbers = "id,title,year,overview\n" + "".join(
        f'{n},Other {n},{2000 + n},"{PLOTS[5 - n]}"\n' for n in range(4)
    )
    side = "id,keywords\n" + "".join(f"{n},sea\n" for n in range(4))
    files = {"a.csv": other, "b.csv": FILMS, "c.csv": numbers, "side.csv": side}
    specs = write(tmp_path, files)
    found = []
    for n, order in enumerate(permutations(specs)):
        store = WorkStore(tmp_path / f"out{n}")
        catalogue = read_catalogue(store, order, SETTINGS)
        hashes = [ref.sha256 for ref in (*catalogue.partitions, catalogue.rejects)]
        found.append((hashes, catalogue.sources, catalogue.notes))
    assert all(entry == found[0] for entry in found)
    assert any("number their films independently" in note for note in found[0][2])


def test_a_resumed_run_gives_the_same_notes_tables_and_losses(tmp_path: Path) -> None:
    text = FILMS.replace("id,title,year,", "id,title,year,runtime,").replace(",1990,", ",1990,x,")
    text = text.replace("1991,", "1991,90,").replace("1992,", "1992,,").replace("1993,", "1993,,")
    keywords = "id,keywords\n0,sea\n99,none\n"
    specs = write(tmp_path, {"films.csv": text, "keywords.csv": keywords})
    store = WorkStore(tmp_path / "out")
    first = read_catalogue(store, specs, SETTINGS)
    assert read_catalogue(store, specs, SETTINGS) == first
    assert first.notes
    losses = store.read(first.losses).to_pylist()
    assert [(row["column"], row["cells"], row["example_row"]) for row in losses] == [
        ("runtime_minutes", 1, 1)
    ]


def test_known_sources_come_first_and_are_part_of_the_fingerprint(tmp_path: Path) -> None:
    new = FILMS.replace("\n0,", "\n50,").replace("\n1,", "\n51,")
    new = new.replace("\n2,", "\n52,").replace("\n3,", "\n53,")
    specs = write(tmp_path, {"a.csv": new, "z.csv": FILMS})
    store = WorkStore(tmp_path / "out")
    first = read_catalogue(store, specs, SETTINGS)
    assert {row["movie_id"] for row in rows(store, first)} == {"50", "51", "52", "53"}
    assert [source["name"] for source in first.sources] == ["a.csv", "z.csv"]
    second = read_catalogue(store, specs, SETTINGS, known_sources=["z.csv"])
    assert {row["movie_id"] for row in rows(store, second)} == {"0", "1", "2", "3"}
    assert [source["name"] for source in second.sources] == ["z.csv", "a.csv"]
    # the manifest of the second release has this order, so the ids stay
    names = [str(source["name"]) for source in second.sources]
    third = read_catalogue(store, specs, SETTINGS, known_sources=names)
    assert rows(store, third) == rows(store, second)


def test_the_share_of_rejects_that_may_be_changes_nothing_that_is_read(tmp_path: Path) -> None:
    specs = write(tmp_path, {"films.csv": FILMS})
    store = WorkStore(tmp_path / "out")
    first = read_catalogue(store, specs, SETTINGS)
    loose = SETTINGS.model_copy(update={"max_rejected_share": 1.0})
    assert read_catalogue(store, specs, loose) == first


def test_a_placeholder_is_no_overview_before_and_after_filling(tmp_path: Path) -> None:
    text = "Popis není k dispozici."
    films = FILMS + "".join(f"{n},Number {n},2000,{text}\n" for n in range(10, 14))
    specs = write(tmp_path, {"films.csv": films})
    store = WorkStore(tmp_path / "out")
    catalogue = read_catalogue(store, specs, SETTINGS)
    missing = [row["movie_id"] for row in rows(store, catalogue) if row["overview"] is None]
    assert missing == ["10", "11", "12", "13"]
    assert any(repr(text) in note for note in catalogue.notes)


def test_a_side_table_of_an_id_of_unlike_films_fills_none_of_them(tmp_path: Path) -> None:
    films = [{"id": "BOX", "title": f"Film {n}", "overview": PLOTS[n]} for n in range(2)]
    films.append({"id": "7", "title": "Film 2", "overview": PLOTS[2]})
    films.append({"id": "007", "title": "Film 3", "overview": PLOTS[3]})
    keywords = [{"id": own, "keywords": [own]} for own in ("BOX", "007", "7")]
    catalogue = CatalogueRows(tmp_path)
    catalogue.read(
        RowSource("folder", [("films.csv", films, False), ("words.csv", keywords, True)]), "", 0
    )
    catalogue.settle(())
    filled = [row for part in catalogue.fills() for row in part.to_pylist()]
    assert {row["movie_id"]: row["keywords"] for row in filled} == {"7": ["7"], "007": ["007"]}
    assert "words.csv: 1 of 3 rows belong to no film; 2 films have a row" in catalogue.notes
