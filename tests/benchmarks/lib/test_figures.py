from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.lib.figures import block, fill, fill_readme
from benchmarks.lib.harness import Asked, Bench, Found, Plot
from benchmarks.lib.results import show, write
from benchmarks.suite.registry import NAMES, bench_named

BENCH = Bench(
    "workers",
    "A title",
    lambda _: Found([]),
    (1,),
    (1,),
    ("contender", "seconds"),
    Plot("seconds", x="texts"),
)
ROWS: list[dict[str, Any]] = [
    {"contender": name, "texts": n, "workers": 2, "seconds": n * 0.123456, "speedup": 1.5}
    for name in ("measured", "simulated")
    for n in (100, 1_000)
]
TEXT = "before\n<!-- bench:workers -->\nold\n<!-- /bench:workers -->\nafter\n"


def written(folder: Path) -> Path:
    found = Found(ROWS, {"k": 1}, ["a note"], {"peer": "not installed: peer"})
    return write(BENCH, Asked(sizes=(100, 1_000)), found, folder)[0]


def test_a_result_is_a_json_file_with_the_command_and_a_plot(tmp_path: Path) -> None:
    path = written(tmp_path)
    told = json.loads(path.read_text())
    assert told["command"] == "microgenres bench workers --repeats 3 --sizes 100,1000"
    assert told["rows"][0]["seconds"] == 12.346 and told["machine"]["cores"] >= 1
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_without_a_row_there_is_a_file_that_says_why_and_no_plot(tmp_path: Path) -> None:
    written(tmp_path)
    (path,) = write(BENCH, Asked(), Found([], missing={"peer": "away"}), tmp_path)
    assert json.loads(path.read_text())["missing"] == {"peer": "away"}
    assert not path.with_suffix(".png").exists()


def test_the_table_names_who_could_not_come(capsys: Any) -> None:
    show(BENCH, Found(ROWS, missing={"peer": "not installed: peer"}), Console(width=100))
    told = capsys.readouterr().out
    assert "123.5" in told and "peer: not installed: peer" in told


def test_stages_stand_side_by_side_at_each_size() -> None:
    rows = [
        {
            "films": films,
            "contender": stage,
            "seconds": seconds,
            "exponent": None,
            "worker_mib": 900,
            "driver_mib": films // 10,
        }
        for films, stage, seconds in (
            (1_000, "embed", 10.0),
            (1_000, "tiny", 0.1),
            (5_000, "embed", 50.0),
            (5_000, "tiny", 0.5),
            (5_000, "late", 3.0),
        )
    ]
    told = {
        "rows": rows,
        "notes": [],
        "missing": {},
        "command": "c",
        "machine": {"cores": 2, "processor": "p"},
    }
    lines = block("end-to-end", told).splitlines()
    assert lines[0].startswith("| stage | 1,000 films, s | 5,000 films, s | exponent |")
    assert [line.split(" | ")[:3] for line in lines[2:4]] == [
        ["| embed", "10", "50"],
        ["| late", "-", "3"],
    ]
    assert "tiny" not in "".join(lines)


def test_the_readme_takes_its_figures_from_the_files(tmp_path: Path) -> None:
    written(tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text(TEXT)
    assert fill_readme(tmp_path, readme)
    text = readme.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "| measured | 1,000 | 2 | 123.5 | 1.5 |" in text and "a note." in text
    assert not fill_readme(tmp_path, readme)


def test_a_benchmark_that_was_not_run_is_told_as_such(tmp_path: Path) -> None:
    assert "Not measured yet: `microgenres bench workers`." in fill(TEXT, tmp_path)


def test_a_block_may_be_of_a_folder_of_its_own(tmp_path: Path) -> None:
    written(tmp_path / "million")
    text = fill(TEXT.replace("bench:workers", "bench:million/workers"), tmp_path)
    assert (
        "| measured | 1,000 | 2 | 123.5 | 1.5 |" in text and "<!-- /bench:million/workers" in text
    )


def test_short_stages_are_left_out_of_the_readme(tmp_path: Path) -> None:
    told = json.loads(written(tmp_path).read_text())
    told["rows"] = [
        {"films": 9, "contender": name, "seconds": s} for name, s in (("embed", 9.5), ("tiny", 0.1))
    ]
    text = block("end-to-end", told)
    assert "embed" in text and "tiny" not in text


def test_a_name_with_bars_stays_in_its_cell(tmp_path: Path) -> None:
    told = json.loads(written(tmp_path).read_text())
    told["rows"][0]["contender"] = "k-means||"
    assert "| k-means\\|\\| | 100 |" in block("workers", told)


def test_the_readme_in_the_tree_says_what_the_files_in_the_tree_say() -> None:
    root = Path(__file__).parents[3]
    text = (root / "README.md").read_text("utf-8")
    assert fill(text, root / "benchmarks" / "results") == text


def test_every_name_is_a_benchmark_of_that_name() -> None:
    for name in NAMES:
        bench = bench_named(name)
        assert bench.name == name and bench.sizes and bench.quick_sizes
