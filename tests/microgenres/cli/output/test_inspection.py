"""What `microgenres inspect` prints of a catalogue."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pipeline.settings import SourceSettings
from tests.support.ingest_rows import PLOTS
from tests.support.mine_command import command


def shown(path: Path) -> str:
    run = command("inspect", path)
    assert run.exit_code == 0, run.output
    return str(run.stdout)


def pasted(text: str) -> dict[str, Any]:
    return tomllib.loads(text[text.index("[source.") :])["source"]  # type: ignore[no-any-return]


def test_the_maps_of_a_folder_are_one_piece_of_toml(tmp_path: Path) -> None:
    for n, name in enumerate(("a.csv", "b [2].csv")):
        (tmp_path / name).write_text(f'id,title,plot\n{n},Film {n},"{PLOTS[n]}"\n')
    (tmp_path / "words.csv").write_text("id,keywords\n0,sea\n1,robot\n")
    maps = pasted(shown(tmp_path))
    assert list(maps) == ["table_maps"]
    assert len(maps["table_maps"]) == 2
    assert all(found["overview"] == "plot" for found in maps["table_maps"].values())
    settings = tmp_path.parent / "maps.toml"
    text = shown(tmp_path)
    settings.write_text(text[text.index("[source.") :])
    again = command("inspect", tmp_path, "--settings", settings)
    assert "The catalogue has 2 films of 2 rows" in again.stdout
    assert again.stdout.count("source.table_maps") >= 2
    assert SourceSettings(**maps).table_maps


def test_columns_that_several_give_are_not_mapped_to_the_first(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f'Film {n},"{PLOTS[n]}",Bo Lint,Cy Marr\n' for n in range(4))
    path.write_text("Series_Title,Overview,Star1,Star2\n" + rows)
    text = shown(path)
    assert "cast" not in pasted(text)["column_map"]
    assert '# cast is read from several columns: "Star1", "Star2"' in text


def test_numbers_are_rounded_and_scales_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f'Film {n},"{PLOTS[n]}",{n + 1}.3,{82.99999999999999 + n}\n' for n in range(4))
    path.write_text("title,overview,Revenue (millions),vote_average\n" + rows)
    text = shown(path)
    assert "in millions of US dollars" in " ".join(text.split())
    assert "00001" not in text and "99999" not in text


def test_repeated_rows_and_missing_columns_are_one_line_each(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f'{n // 2},Film {n // 2},"{PLOTS[n // 2]}"\n' for n in range(4)]
    path.write_text("id,title,overview\n" + "".join(rows))
    text = shown(path)
    assert "The catalogue has 2 films of 4 rows" in text
    assert "2 rows are of films that another row describes more completely" in " ".join(
        text.split()
    )
    assert "Rows that" not in text
    (line,) = [line for line in text.splitlines() if line.startswith("No column for")]
    assert line.endswith("more")


def test_columns_of_a_file_without_header_are_numbers_everywhere(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("".join(f'{n},Film {n},"{PLOTS[n]}",{1990 + n}\n' for n in range(1, 5)))
    text = str(command("inspect", path).stdout)
    assert pasted(text) == {"column_map": {"title": "2", "overview": "3"}}
    assert ["title", "2", "a", "guess"] in [line.split()[:4] for line in text.splitlines()]
    settings = tmp_path / "map.toml"
    settings.write_text(text[text.index("[source.") :])
    again = command("inspect", path, "--settings", settings)
    assert "The catalogue has 4 films of 4 rows" in again.stdout
