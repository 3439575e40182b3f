from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.lib.figures import fill_blocks, fill_readme, render_block
from benchmarks.lib.harness import Bench, BenchOptions, BenchResult, Plot
from benchmarks.lib.results import show, write
from benchmarks.suite.registry import NAMES, find_bench

BENCH = Bench(
    "workers",
    "A title",
    lambda _: BenchResult([]),
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
    result = BenchResult(ROWS, {"k": 1}, ["a note"], {"peer": "not installed: peer"})
    return write(BENCH, BenchOptions(sizes=(100, 1_000)), result, folder)[0]


def test_a_result_is_a_json_file_with_the_command_and_a_plot(tmp_path: Path) -> None:
    path = written(tmp_path)
    record = json.loads(path.read_text())
    assert record["command"] == "microgenres bench workers --repeats 3 --sizes 100,1000"
    assert record["rows"][0]["seconds"] == 12.346 and record["machine"]["cores"] >= 1
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_a_result_without_rows_has_a_reason_and_no_plot(tmp_path: Path) -> None:
    written(tmp_path)
    (path,) = write(BENCH, BenchOptions(), BenchResult([], missing={"peer": "away"}), tmp_path)
    assert json.loads(path.read_text())["missing"] == {"peer": "away"}
    assert not path.with_suffix(".png").exists()


def test_contenders_that_did_not_run_are_listed(capsys: Any) -> None:
    show(BENCH, BenchResult(ROWS, missing={"peer": "not installed: peer"}), Console(width=100))
    printed = capsys.readouterr().out
    assert "123.5" in printed and "peer: not installed: peer" in printed


def test_a_stage_has_a_column_for_each_size() -> None:
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
    record = {
        "rows": rows,
        "notes": [],
        "missing": {},
        "command": "c",
        "machine": {"cores": 2, "processor": "p"},
    }
    lines = render_block("end-to-end", record).splitlines()
    assert lines[0].startswith("| stage | 1,000 films, s | 5,000 films, s | exponent |")
    assert [line.split(" | ")[:3] for line in lines[2:4]] == [
        ["| embed", "10", "50"],
        ["| late", "-", "3"],
    ]
    assert "tiny" not in "".join(lines)


def test_the_readme_is_filled_from_the_result_files(tmp_path: Path) -> None:
    written(tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text(TEXT)
    assert fill_readme(tmp_path, readme)
    text = readme.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
    assert "| measured | 1,000 | 2 | 123.5 | 1.5 |" in text and "a note." in text
    assert not fill_readme(tmp_path, readme)


def test_a_benchmark_without_results_is_marked(tmp_path: Path) -> None:
    assert "Not measured yet: `microgenres bench workers`." in fill_blocks(TEXT, tmp_path)


def test_a_block_may_name_a_folder_of_results(tmp_path: Path) -> None:
    written(tmp_path / "million")
    text = fill_blocks(TEXT.replace("bench:workers", "bench:million/workers"), tmp_path)
    assert (
        "| measured | 1,000 | 2 | 123.5 | 1.5 |" in text and "<!-- /bench:million/workers" in text
    )


def test_short_stages_are_left_out_of_the_readme(tmp_path: Path) -> None:
    record = json.loads(written(tmp_path).read_text())
    record["rows"] = [
        {"films": 9, "contender": name, "seconds": s} for name, s in (("embed", 9.5), ("tiny", 0.1))
    ]
    text = render_block("end-to-end", record)
    assert "embed" in text and "tiny" not in text


def test_bars_in_a_name_are_escaped(tmp_path: Path) -> None:
    record = json.loads(written(tmp_path).read_text())
    record["rows"][0]["contender"] = "k-means||"
    assert "| k-means\\|\\| | 100 |" in render_block("workers", record)


def test_the_readme_agrees_with_the_result_files() -> None:
    root = Path(__file__).parents[3]
    text = (root / "README.md").read_text("utf-8")
    assert fill_blocks(text, root / "benchmarks" / "results") == text


def test_every_name_has_a_benchmark() -> None:
    for name in NAMES:
        bench = find_bench(name)
        assert bench.name == name and bench.sizes and bench.quick_sizes
