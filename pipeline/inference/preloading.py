"""Loads what an assignment needs beside its release, in threads and before it is needed.

Decompressing the models of languages and dictionaries leaves the interpreter to other threads, such
as one that imports libraries meanwhile. This module imports the standard library only.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

__all__ = ["finish_loading", "start_loading"]


@cache
def start_loading() -> tuple[Future[None], ...]:
    """Start to load, once in this process; return without waiting."""
    pool = ThreadPoolExecutor(2, "preloading")
    started = tuple(pool.submit(load) for load in (_load_languages, _load_words))
    pool.shutdown(wait=False)
    return started


def finish_loading() -> None:
    """Wait until all is loaded."""
    for loaded in start_loading():
        loaded.result()


def _load_languages() -> None:
    from pipeline.cleaning.language import warm

    warm()


def _load_words() -> None:
    from pipeline.label.words.tables import read_tables
    from pipeline.label.words.tokens import lemma

    lemma("submarines")
    read_tables()
