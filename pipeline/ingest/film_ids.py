"""The id of each film in the release: that of its row in the first source, made unique.

Sources rank by their order in the previous release; others follow by the kind of most of their ids
(of the file, of IMDb, derived from the title), then by name. So neither the order of the sources
nor a file that is added changes the id of a film that a release already has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.ingest.evidence import Description
from pipeline.ingest.spool import CatalogueFile, Hashes, Numbers, RowSpool, RowValues, hash_texts

__all__ = ["FinalIds", "choose_ids", "rank_rows", "rank_sources"]

_OWN, _IMDB, _DERIVED = 0, 1, 2


@dataclass(frozen=True)
class FinalIds:
    """Ids of films where they are not those of the row as read.

    Attributes
    ----------
    rows : ndarray, int64
        Numbers of rows, sorted.
    ids : list of str
        The id of the film of each of these rows.
    qualified : int
        Number of films whose id is not that of any of their rows, since another film has it.
    """

    rows: Numbers
    ids: list[str]
    qualified: int


def rank_sources(
    files: Sequence[CatalogueFile], values: RowValues, known_sources: Sequence[str]
) -> list[str]:
    """Return the names of the sources in their rank.

    Parameters
    ----------
    files : sequence of CatalogueFile
        The files that `values.file` numbers.
    values : RowValues
        Numbers of the rows.
    known_sources : sequence of str
        Names of the sources of the previous release, in order.
    """
    known = {name: n for n, name in reversed(list(enumerate(known_sources)))}
    kinds: dict[str, npt.NDArray[np.int64]] = {}
    counts = np.zeros((len(files), 3), np.int64)
    np.add.at(counts, (values.file, _kinds(values)), 1)
    for file, of_file in zip(files, counts, strict=True):
        kinds[file.source] = kinds.get(file.source, 0) + of_file
    return sorted(
        kinds, key=lambda name: (known.get(name, len(known)), int(kinds[name].argmax()), name)
    )


def rank_rows(
    files: Sequence[CatalogueFile], values: RowValues, known_sources: Sequence[str]
) -> npt.NDArray[np.int64]:
    """Return the rank of each row: the film has the id of its row with the smallest."""
    names = rank_sources(files, values, known_sources)
    by_source = np.asarray([names.index(file.source) for file in files], np.int64)
    labels = sorted({file.label for file in files})
    by_label = np.asarray([labels.index(file.label) for file in files], np.int64)
    rank = by_source[values.file] * 3 + _kinds(values)
    return np.asarray(rank * len(labels) + by_label[values.file], np.int64)


def _kinds(values: RowValues) -> npt.NDArray[np.int64]:
    kinds = np.where(values.own != 0, _OWN, np.where(values.imdb != 0, _IMDB, _DERIVED))
    return np.asarray(kinds, np.int64)


def choose_ids(
    spool: RowSpool,
    values: RowValues,
    films: Numbers,
    rank: npt.NDArray[np.int64],
    order: Hashes,
    describe: Callable[[Numbers], dict[int, Description]],
) -> FinalIds:
    """Choose the id of each film.

    Parameters
    ----------
    spool : RowSpool
        The rows.
    values : RowValues
        Their numbers.
    films : ndarray of shape (n_rows,), int64
        Number of a row of the same film.
    rank : ndarray of shape (n_rows,), int64
        See `rank_rows`.
    order : ndarray of shape (n_rows,), uint64
        A number of each row that does not depend on the order of rows and files.
    describe : callable
        Gives descriptions of rows.
    """
    hashed = hash_texts(pa.chunked_array(spool.ids, pa.string()))
    by_film = np.lexsort((hashed, rank, films))
    first = np.ones(len(films), bool)
    first[1:] = films[by_film][1:] != films[by_film][:-1]
    chosen = np.empty(len(films), np.int64)  # row that gives the id, for the row `films`
    chosen[films[by_film][first]] = by_film[first]
    representative = chosen[films]
    changed = np.flatnonzero(hashed[representative] != hashed)
    renamed = _qualify(spool, values, by_film[first], hashed, rank, order, describe)
    if renamed:
        wanted = np.isin(representative, np.fromiter(renamed, np.int64, len(renamed)))
        changed = np.union1d(changed, np.flatnonzero(wanted))
    sources = representative[changed]
    as_read = spool.take_ids(sources)
    ids = [renamed.get(row, own) for row, own in zip(sources.tolist(), as_read, strict=True)]
    return FinalIds(changed, ids, len(renamed))


def _qualify(
    spool: RowSpool,
    values: RowValues,
    heads: Numbers,
    hashed: Hashes,
    rank: npt.NDArray[np.int64],
    order: Hashes,
    describe: Callable[[Numbers], dict[int, Description]],
) -> dict[int, str]:
    """Row that gives a film its id -> another id, where a film of a better rank has the same."""
    by_id = heads[np.lexsort((order[heads], rank[heads], hashed[heads]))]
    new = np.ones(len(by_id), bool)
    new[1:] = hashed[by_id][1:] != hashed[by_id][:-1]
    if new.all():
        return {}
    group = np.cumsum(new) - 1
    repeated = np.isin(group, group[~new])
    rows, group, new = by_id[repeated], group[repeated], new[repeated]
    found = describe(np.unique(rows))
    ids = dict(zip(rows.tolist(), spool.take_ids(rows), strict=True))
    taken = set(hashed[heads].tolist())
    renamed: dict[int, str] = {}
    numbers: dict[str, int] = {}  # qualified id -> the next number that makes it unique
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    for films in np.split(rows, starts[1:]):
        # rows of one file: the smallest content comes first, whatever the order of rows
        contents = {row: _content(found[row], int(values.year[row])) for row in films.tolist()}
        best, *others = sorted(contents, key=lambda row: (rank[row], contents[row]))
        wanted = [
            _names(spool, values, row, ids[row], contents[row], values.file[best]) for row in others
        ]
        hashes = hash_texts(pa.array([names[0] for names in wanted], pa.string())).tolist()
        for row, names, first in zip(others, wanted, hashes, strict=True):
            name, key = names[0], first
            rest = iter(names[1:])
            while key in taken:
                own = names[-2]
                if (name := next(rest, "")) == "":
                    numbers[own] = numbers.get(own, 1) + 1
                    name = f"{own}-{numbers[own]}"
                key = _hash(name)
            renamed[row] = name
            taken.add(key)
    return renamed


def _names(
    spool: RowSpool, values: RowValues, row: int, own_id: str, content: str, file: int
) -> list[str]:
    """Names of a film whose id a film of `file` has, the best first; the last two are its own."""
    own = f"{own_id}-{content[:8]}"
    names = [own, f"{own}{content[8:16]}"]
    derived = not values.own[row] and not values.imdb[row]
    if values.file[row] == file or derived:
        return names
    of = spool.files[values.file[row]]
    stem = of.label.split(".", maxsplit=1)[0] or of.label
    return [f"{name}:{own_id}" for name in (stem, of.label, of.name)] + names


def _content(description: Description, year: int) -> str:
    text = "\x1f".join([str(year), description.text, *sorted(description.directors)])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _hash(name: str) -> int:
    return int(hash_texts(pa.array([name]))[0])
