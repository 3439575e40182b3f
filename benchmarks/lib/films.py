"""Any number of synthetic films: planted micro-genres with Zipf sizes, sequels and noise.

Each film depends only on the seed, the number of micro-genres and its own number. So memory stays
constant, any range of films can be generated separately, and the same command gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.lib.themes import ASIDES, MOTIFS, NAMES, SETTINGS, SUBJECTS, Motif, Setting, Subject
from pipeline.schemas.mining import MOVIES

__all__ = ["NOISE", "TRUTH", "Catalogue", "write_catalogue"]

# The planted micro-genres, in a separate file that no stage reads.
TRUTH = pa.schema(
    [
        ("movie_id", pa.string()),
        ("micro_genre", pa.int32()),  # NOISE for a film without one
        ("sequel", pa.bool_()),
    ]
)
FILMS = pa.schema([field for field in MOVIES if field.name not in ("source", "row")])

NOISE = -1
_FILMS_EACH = 60  # films of a micro-genre on average
_CHUNK = 10_000  # films in memory at a time
_NOISE_SHARE = 0.04
_SEQUEL_SHARE = 0.06
_BARE_SHARE = 0.12  # films without keywords
_BORROWED = 0.1  # share of films with a thing of another subject
_COUNTRIES = ("US", "GB", "FR", "DE", "JP", "IN", "MX", "IT", "KR", "BR")
_OPENINGS = (
    "{Who} {deed} {place}.",
    "{Place}, {who} {deed}.",
    "{name} is {who} who {deed} {place}.",
    "Nobody expected that {who} {deed} {place}, least of all {name}.",
)
_MIDDLES = (
    "Between {detail} and {other_detail}, it is all about {thing} and {other_thing}.",
    "There are {detail}, there are {other_detail}, and there is the matter of {thing}.",
    "With {thing} and {other_thing} at stake, even {detail} become a danger to {name}.",
    "{name} knows {thing} and {other_thing}, but not {detail} and {other_detail}.",
)
_CLOSINGS = (
    "{First}. {Second}.",
    "{First}, and {second}.",
    "But {first}. {Second}.",
)


@dataclass(frozen=True)
class Catalogue:
    """A catalogue of synthetic films.

    The size of the micro-genre of rank r is proportional to 1 / sqrt(r) (Zipf, exponent 0.5): the
    smallest has half of the average, the largest sqrt(genres) times the smallest.

    Attributes
    ----------
    films : int
        Number of films.
    seed : int
        Seed of the random generators.
    """

    films: int
    seed: int = 2026

    @property
    def genres(self) -> int:
        """Return the number of planted micro-genres: one per 60 films, at least 3."""
        most = len(SUBJECTS) * len(SETTINGS) * len(MOTIFS)
        return max(3, min(most, round(self.films / _FILMS_EACH)))

    def parts(self, genre: int) -> tuple[Subject, Setting, Motif]:
        """Return subject, setting and motif of a micro-genre; no two have the same three."""
        turn, subject = divmod(genre, len(SUBJECTS))
        setting = (5 * subject + turn) % len(SETTINGS)
        # 1 + len(SETTINGS) has no factor in common with len(MOTIFS): each triple occurs once
        motif = (3 * subject + turn + turn // len(SETTINGS)) % len(MOTIFS)
        return SUBJECTS[subject], SETTINGS[setting], MOTIFS[motif]

    def film(self, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the rows of FILMS and TRUTH of one film.

        Examples
        --------
        >>> film, truth = Catalogue(100, seed=1).film(7)
        >>> film["movie_id"], truth["sequel"]
        ('syn-00000007', False)
        """
        chance = Random(self.seed * 0x1_0000_0000 + number)
        kind = chance.random()
        if kind < _SEQUEL_SHARE and number:
            first = Random(self.seed * 0x1_0000_0000 + chance.randrange(number))
            first.random()
            row, genre = self._original(first)
            row["title"] = f"{row['title']} {chance.randint(2, 5)}"
            row["overview"] = _reword(row["overview"], chance)
            row["year"] = min(2026, row["year"] + chance.randint(1, 9))
        elif kind > 1 - _NOISE_SHARE:
            row, genre = self._noise(chance), NOISE
        else:
            row, genre = self._original(chance)
        movie_id = f"syn-{number:08d}"
        row["movie_id"] = movie_id
        sequel = kind < _SEQUEL_SHARE and number > 0
        return row, {"movie_id": movie_id, "micro_genre": genre, "sequel": sequel}

    def chunks(self) -> Iterator[tuple[pa.Table, pa.Table]]:
        """Yield tables of FILMS and TRUTH, some thousand films each."""
        for start in range(0, self.films, _CHUNK):
            films = [self.film(n) for n in range(start, min(self.films, start + _CHUNK))]
            yield (
                pa.Table.from_pylist([row for row, _ in films], FILMS),
                pa.Table.from_pylist([truth for _, truth in films], TRUTH),
            )

    def _original(self, chance: Random) -> tuple[dict[str, Any], int]:
        genre = int(self.genres * chance.random() ** 2)
        parts = self.parts(genre)
        return _row(parts, [_story(parts, chance)], chance), genre

    def _noise(self, chance: Random) -> dict[str, Any]:
        """Return a film without a micro-genre: each sentence is of another one."""
        mixed = [self.parts(chance.randrange(self.genres)) for _ in range(3)]
        stories = [_story(parts, chance).split(". ") for parts in mixed]
        sentences = [
            story[place % len(story)].rstrip(".") + "." for place, story in enumerate(stories)
        ]
        row = _row(mixed[0], [*sentences, chance.choice(ASIDES)], chance)
        row["keywords"] = [part.name for parts in mixed for part in chance.sample(parts, 1)]
        return row


def write_catalogue(catalogue: Catalogue, films: Path, truth: Path) -> None:
    """Write a catalogue to two Parquet files, in constant memory.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    films, truth : Path
        Files for the tables of FILMS and TRUTH.
    """
    with pq.ParquetWriter(films, FILMS) as films_to, pq.ParquetWriter(truth, TRUTH) as truth_to:
        for rows, planted in catalogue.chunks():
            films_to.write_table(rows)
            truth_to.write_table(planted)


def _story(parts: tuple[Subject, Setting, Motif], chance: Random) -> str:
    subject, setting, motif = parts
    things = chance.sample(subject.things, 2)
    if chance.random() < _BORROWED:
        things[1] = chance.choice(chance.choice(SUBJECTS).things)
    details = chance.sample(setting.details, 2)
    first, second = chance.sample(motif.sentences, 2)
    name = chance.choice(NAMES)
    words = {
        "who": chance.choice(subject.who),
        "deed": chance.choice(subject.deeds),
        "place": chance.choice(setting.places),
        "name": name,
        "thing": things[0],
        "other_thing": things[1],
        "detail": details[0],
        "other_detail": details[1],
        "first": _lower_start(first.format(name=name), name),
        "second": _lower_start(second.format(name=name), name),
    }
    words |= {_capital(key): _capital(words[key]) for key in ("who", "place", "first", "second")}
    sentences = [chance.choice(frames) for frames in (_OPENINGS, _MIDDLES, _CLOSINGS)]
    if chance.random() < 0.3:
        sentences.insert(chance.randint(1, 3), chance.choice(ASIDES))
    return " ".join(frame.format(**words) for frame in sentences)


def _row(
    parts: tuple[Subject, Setting, Motif], sentences: list[str], chance: Random
) -> dict[str, Any]:
    subject, setting, motif = parts
    keywords = [subject.name, *chance.sample(subject.things, chance.randint(1, 2))]
    keywords += [part.name for part in (setting, motif) if chance.random() < 0.7]
    chance.shuffle(keywords)
    votes = int(chance.paretovariate(0.8) * 10) % 30_000
    return {
        "title": f"{chance.choice(NAMES)}'s {chance.choice(subject.things).title()} "
        f"{chance.choice(setting.name.split()).title()}",
        "year": chance.randint(1930, 2026),
        "overview": " ".join(sentences),
        "genres": list(motif.genres),
        "keywords": [] if chance.random() < _BARE_SHARE else keywords,
        "directors": [_person(chance)],
        "cast": [_person(chance) for _ in range(3)],
        "language": "en",
        "countries": [chance.choice(_COUNTRIES)],
        "runtime_minutes": float(chance.randint(70, 180)),
        "vote_average": round(chance.triangular(2, 9, 6.3), 1),
        "vote_count": votes,
        "popularity": round(votes / 100 + chance.random(), 3),
    }


def _reword(overview: str, chance: Random) -> str:
    """Return a near duplicate: another name, and one more sentence."""
    for name in NAMES:
        if name in overview:
            return f"{overview.replace(name, chance.choice(NAMES))} {chance.choice(ASIDES)}"
    return f"{overview} {chance.choice(ASIDES)}"


def _person(chance: Random) -> str:
    return f"{chance.choice(NAMES)} {chance.choice(NAMES)}{chance.choice(('sen', 'ova', 'ez', ''))}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower_start(sentence: str, name: str) -> str:
    return sentence if sentence.startswith(name) else sentence[:1].lower() + sentence[1:]
