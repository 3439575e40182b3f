"""`microgenres mine`: mine a catalogue and publish a release."""

from __future__ import annotations

from pathlib import Path

from microgenres.cli import options as o
from microgenres.cli.run_display import quiet_dask, shown

__all__ = ["mine"]


def mine(
    *,
    source: o.Sources = None,
    limit: o.RowLimit = None,
    allow_rejects: o.AllowRejects = False,
    out: o.Out = o.OUT,
    k: o.Clusters = None,
    seed: o.Seed = None,
    new_names: o.NewNames = False,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    workers: o.Workers = None,
    scheduler: o.Scheduler = None,
    resume: o.Resume = True,
    verbose: o.Verbose = False,
    log_format: o.LogFormat = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Mine a catalogue: read, clean, embed, cluster, name, and publish a release.

    First it says how it reads each file; `microgenres inspect` says more. If more than half of the
    rows are rejected, nothing is published. The same command resumes an interrupted run.
    Micro-genres that go on keep their ids, and their names as long as these are true.

    [bold]Examples[/bold]
    microgenres mine
    microgenres mine --source files:tmdb.csv --source files:more.jsonl --out films
    microgenres mine --source files:tmdb.parquet -k 120 --workers 8 --json > run.json
    microgenres mine --profile cluster --scheduler tls://10.0.0.5:8786 --out /shared/films
    """
    chosen = o.overrides(
        workers=workers,
        scheduler=scheduler,
        k=k,
        seed=seed,
        log_format=log_format,
        allow_rejects=allow_rejects,
        new_names=new_names,
    )
    sources = source or ["sample"]
    from microgenres.cli.early_start import early_server, import_flow, share_imports

    share_imports(profile, settings_file, chosen)
    from microgenres.cli.preflight import check_namer, check_sources

    described = check_sources(sources, profile, settings_file, chosen)
    described += check_namer(profile, settings_file, chosen)
    with early_server(out), shown(profile, settings_file, chosen, verbose=verbose):
        from flows.events import Note, emit

        for line in described:
            emit(Note(line))
        if workers and scheduler:
            emit(Note("--workers has no effect with --scheduler, which has its own workers"))
        run = import_flow("flows.mining.flow").mine
        if not verbose:
            quiet_dask()
        path = run(
            sources,
            str(out),
            profile=profile,
            settings_file=None if settings_file is None else str(settings_file),
            overrides=chosen,
            resume=resume,
            limit=limit,
        )
    from microgenres.cli.output.release import show_run
    from pipeline.release.lookup import Release

    show_run(Release(Path(path)), as_json=as_json)
