"""`microgenres bench`: run the benchmark suite, or write its figures into the README.

The suite is in `benchmarks/` of a source checkout; an installed package does not contain it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from microgenres.cli import options as o
from microgenres.cli.exit_codes import ExitCode
from pipeline.errors import MicrogenresError, SettingsError

__all__ = ["bench"]

_SUITE = (
    "catalogue, embedding, clustering, neighbours, labels, end-to-end, loglines, from-vectors, "
    "workers, gpu"
)


def _sizes(value: str | None) -> str | None:
    for part in ("1" if value is None else value).split(","):
        if not part.strip().replace("_", "").isdecimal() or int(part) < 1:
            raise typer.BadParameter(f"{part!r} is not a number of films; write 10000,100000")
    return value


def bench(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help=f"{_SUITE}; or readme, or all of them: all.")
    ],
    *,
    sizes: Annotated[
        str | None,
        typer.Option(
            "--sizes",
            metavar="N,N,...",
            callback=_sizes,
            help="Numbers of films.",
            show_default="each benchmark's own",
        ),
    ] = None,
    repeats: Annotated[
        int, typer.Option("--repeats", min=1, metavar="N", help="Repetitions of each contender.")
    ] = 3,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Small sizes, one repetition, and each figure's change against the runs stored "
            "for this kind of machine (processor and cores).",
        ),
    ] = False,
    save: Annotated[
        bool,
        typer.Option(
            "--save", help="Store the figures of a quick run in benchmarks/results/quick."
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder for the JSON file and the plot.",
            show_default="benchmarks/results; out/bench with --quick",
        ),
    ] = None,
    release: Annotated[
        Path | None,
        typer.Option(
            "--release",
            metavar="PATH",
            help="A release, or an output folder, whose films' vectors and texts are used.",
            show_default="the bundled sample, encoded",
        ),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            metavar="SPEC",
            help="A further catalogue for end-to-end, as in `mine`. May be given several times.",
            show_default="only synthetic films",
        ),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            "--work",
            metavar="DIR",
            help="Folder for large intermediate files, so that the same command can resume.",
            show_default="a temporary folder",
        ),
    ] = None,
    debug: o.Debug = False,
) -> None:
    """Measure this project beside its peers: a table, a JSON file and a plot for each benchmark.

    Contenders take turns (A B A B); medians are shown. Peers come with the extra `bench`; one that
    is not installed is left out, and the results say so. A quick run compares its figures with the
    stored ones; a change is beyond the noise if it exceeds three standard deviations of the stored
    runs, and 25 % for times, 10 % for memory, 2 % for quality.

    [bold]Examples[/bold]
    microgenres bench all --quick             some minutes; exit code 6 if a figure is worse
    microgenres bench all --quick --save      the same, and store its figures
    microgenres bench clustering --sizes 10000,100000 --release films
    microgenres bench end-to-end --sizes 100000 --work big
    microgenres bench end-to-end --source files:tmdb.csv --sizes 5000,50000 --work big
    microgenres bench readme                  the README's figures from benchmarks/results
    """
    if name == "readme":
        changed = _benchmarks("lib.figures").fill_readme(*([] if out is None else [out]))
        typer.echo("README.md: " + ("figures filled in" if changed else "nothing to change"))
        return
    suite, frame = _benchmarks("suite.registry"), _benchmarks("lib.harness")
    if name not in (*suite.NAMES, "all"):
        raise SettingsError(f"no benchmark {name!r}; there are {', '.join(suite.NAMES)}")
    if save and (not quick or sizes):
        raise SettingsError("--save stores the figures of a run with --quick and without --sizes")
    options = frame.BenchOptions(
        sizes=tuple(int(size) for size in sizes.split(",")) if sizes else (),
        repeats=1 if quick else repeats,
        quick=quick,
        out=out or frame.RESULTS,
        release=None if release is None else _found(release),
        sources=tuple(source or ()),
        work=work,
    )
    width = None if sys.stdout.isatty() else 150  # else a log would get narrow columns
    console = Console(file=sys.stdout, highlight=False, width=width)
    results = {
        one: suite.run(one, options, console) for one in (suite.NAMES if name == "all" else (name,))
    }
    if quick and not sizes and suite.check_quickly(results, console, save=save):
        raise typer.Exit(ExitCode.REGRESSED)


def _found(release: Path) -> Path:
    from pipeline.release.lookup import find_release

    return find_release(release)


def _benchmarks(module: str) -> Any:
    """Return a module of the suite, or raise an error that names what is not installed."""
    if find_spec("benchmarks") is None:
        raise MicrogenresError(
            "the benchmarks are in the source checkout and are not installed with the package: "
            "run this in a checkout that is installed with pip install -e '.[bench]'"
        )
    try:
        return import_module(f"benchmarks.{module}")
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("benchmarks"):
            raise
        raise MicrogenresError(
            f"the benchmarks need {error.name}: pip install -e '.[bench]' -c constraints.txt"
        ) from error
