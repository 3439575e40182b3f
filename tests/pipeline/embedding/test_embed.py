"""Vectors of texts equal the library's; each text is encoded once; the bytes are reproducible."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from safetensors.torch import load_file, save_file

from benchmarks.lib.small_model import DIM, build_model
from pipeline.embedding.embed import (
    VECTORS,
    embed,
    embed_phrases,
    encode,
    join_vectors,
    share_vectors,
    warm,
)
from pipeline.embedding.weights import identify, load
from pipeline.errors import ModelError
from pipeline.schemas.mining import EMBEDDINGS, validate
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import EmbedSettings
from tests.support.films import EXACT, exact, features_of, mined

ODD = [
    "",
    " ",
    ".",
    "🚢💥🌊",
    "غواصة في أعماق البحر",
    "צוללת במעמקי הים",
    "潜水艦の乗組員",
    "e\u0301te\u0301 \u200b\u202etxet\u202c",
    "word " * 1_000,
]


def texts() -> list[str]:
    found: list[str] = mined().features["text"].to_pylist()
    return found


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray((a * b).sum(1) / lengths)


def embedded(table: pa.Table, settings: EmbedSettings = EXACT, **more: Any) -> pa.Table:
    return embed(table, settings, exact().revision, "float32", **more)["vectors"]


class TestEncode:
    def test_vectors_equal_those_of_the_library(self) -> None:
        expected = load(exact()).encode(texts(), show_progress_bar=False)
        found = encode(texts(), exact())
        assert found.dtype == np.float32
        assert cosines(found, expected).mean() >= 0.9999
        assert cosines(found, expected).min() >= 0.999

    def test_vectors_of_unusual_texts_equal_those_of_the_library(self) -> None:
        found = encode(ODD, exact())
        assert np.isfinite(found).all()
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
        expected = load(exact()).encode(ODD, show_progress_bar=False)
        assert cosines(found, expected).min() >= 0.9999

    def test_half_precision_gives_nearly_the_same_vectors(self) -> None:
        half = identify(EXACT.model_copy(update={"dtype": "bfloat16"}))
        few = texts()[::6]
        found = encode(few, half)
        assert found.dtype == np.float32
        assert cosines(found, encode(few, exact())).mean() >= 0.999

    def test_the_order_of_texts_does_not_matter(self) -> None:
        some = texts()[:10] + ODD[3:6]
        backwards = encode(some[::-1], exact())[::-1]
        np.testing.assert_array_equal(encode(some, exact()), backwards)

    def test_a_text_does_not_depend_on_its_batch(self) -> None:
        some = texts()[:10]
        small = encode(some, exact(), batch_tokens=64)
        np.testing.assert_allclose(small, encode(some, exact(), batch_tokens=100_000), atol=1e-6)

    def test_the_same_texts_give_the_same_bytes(self) -> None:
        first, second = (encode(texts()[:10], exact()).tobytes() for _ in range(2))
        assert first == second

    def test_a_long_text_is_truncated_at_the_limit_of_the_model(self) -> None:
        limit = load(exact()).max_seq_length
        # one word is one token; two tokens mark start and end of the text
        at, over, under = ("ship " * (limit + more) for more in (-2, 200, -3))
        vectors = encode([at, over + "judge", under], exact())
        np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
        assert np.abs(vectors[0] - vectors[2]).max() > 1e-5

    def test_no_texts_give_an_empty_array_of_the_right_width(self) -> None:
        assert encode([], exact()).shape == (0, 384)

    def test_texts_of_one_theme_are_more_similar(self) -> None:
        sub, boat, cake = encode(
            ["A submarine hunts a ship.", "A U-boat at war.", "A wedding cake."], exact()
        )
        assert sub @ boat > sub @ cake + 0.1


class TestOtherModels:
    def test_an_unsupported_architecture_is_encoded_by_the_library(self, tmp_path: Path) -> None:
        folder = build_model(tmp_path, pooling="cls", normalise=False)
        identity = identify(EXACT.model_copy(update={"model": str(folder)}))
        some = ["War.", "A much longer film about war and peace.", "", "War."]
        found = encode(some, identity)
        raw = load(identity).encode(some, show_progress_bar=False)
        assert found.shape == (4, DIM)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
        assert cosines(found, raw).min() >= 0.9999
        np.testing.assert_array_equal(found, encode(some[::-1], identity)[::-1])

    def test_vectors_that_are_not_finite_are_rejected(self, tmp_path: Path) -> None:
        folder = build_model(tmp_path)
        weights = load_file(folder / "model.safetensors")
        weights["embeddings.LayerNorm.bias"].fill_(math.nan)
        save_file(weights, folder / "model.safetensors", {"format": "pt"})
        identity = identify(EXACT.model_copy(update={"model": str(folder)}))
        with pytest.raises(ModelError, match="not finite") as raised:
            encode(["War."], identity)
        assert str(folder) in str(raised.value)


class TestEmbed:
    def test_each_distinct_text_is_encoded_once_in_order_of_hash(self) -> None:
        same = [{"text": text} for text in ("War.", "Peace.", "War.", "War.")]
        vectors = embedded(features_of(same))
        validate(vectors, VECTORS(384), name="vectors")
        hashes = sorted(hashlib.sha256(text).hexdigest() for text in (b"War.", b"Peace."))
        assert vectors["text_hash"].to_pylist() == hashes

    def test_each_hash_has_the_vector_of_its_text(self) -> None:
        table = features_of([{"text": text} for text in texts()[:6]])
        settings = EXACT.model_copy(update={"vector_dtype": "float32"})
        vectors = embedded(table, settings)
        validate(vectors, VECTORS(384, "float32"), name="vectors")
        by_hash = dict(zip(vectors["text_hash"].to_pylist(), matrix_of(vectors), strict=True))
        expected = encode(texts()[:6], exact())
        found = np.stack([by_hash[text_hash] for text_hash in table["text_hash"].to_pylist()])
        np.testing.assert_allclose(found, expected, atol=1e-6)

    def test_shuffled_rows_give_the_same_bytes(self) -> None:
        table = mined().features.slice(0, 8)
        assert embedded(table).equals(embedded(table.take(list(range(7, -1, -1)))))

    def test_texts_that_another_partition_encodes_are_skipped(self) -> None:
        table = features_of([{"text": "War."}, {"text": "Peace."}])
        first, second = table["text_hash"].to_pylist()
        assert embedded(table, skip=[first])["text_hash"].to_pylist() == [second]
        nothing = embedded(table, skip=[first, second])
        validate(nothing, VECTORS(384), name="vectors")
        assert nothing.num_rows == 0

    def test_parts_of_a_partition_have_each_text_once(self) -> None:
        table = mined().features.slice(0, 30)
        skip = table["text_hash"].to_pylist()[:2]
        settings = EXACT.model_copy(update={"vector_dtype": "float32"})
        whole = embedded(table, settings, skip=skip)
        parts = [embedded(table, settings, skip=skip, part=[n, 4]) for n in range(4)]
        assert min(part.num_rows for part in parts) >= 3
        joined = pa.concat_tables(parts)
        assert joined["text_hash"].equals(whole["text_hash"])
        np.testing.assert_allclose(matrix_of(joined), matrix_of(whole), atol=1e-6)

    def test_a_worker_with_other_weights_raises_an_error(self) -> None:
        with pytest.raises(ModelError, match="install the same weights"):
            embed(features_of([{"text": "War."}]), EXACT, "0" * 64, "float32")
        with pytest.raises(ModelError, match="install the same weights"):
            warm(EXACT, "0" * 64, "float32")


class TestJoinVectors:
    def test_each_film_gets_the_vector_of_its_text_whichever_partition_encodes_it(self) -> None:
        here = features_of([{"text": "War."}, {"text": "Peace."}, {"text": "War."}])
        there = features_of([{"text": "Peace."}])
        shared = there["text_hash"].to_pylist()
        vectors = pa.concat_tables([embedded(here, skip=shared), embedded(there)])
        table = join_vectors(here, vectors, EXACT, "r1")["embeddings"]
        validate(table, EMBEDDINGS(384), name="embeddings")
        assert table["movie_id"].to_pylist() == ["m0000", "m0001", "m0002"]
        assert table["text_hash"].equals(here["text_hash"])
        assert set(table["model_revision"].to_pylist()) == {"r1"}
        found, expected = matrix_of(table), encode(["War.", "Peace.", "War."], exact())
        np.testing.assert_allclose(found, expected, atol=1e-3)  # stored as float16
        np.testing.assert_array_equal(found[0], found[2])

    def test_no_films_give_an_empty_table(self) -> None:
        vectors = embedded(features_of([{"text": "War."}]))
        table = join_vectors(features_of([]), vectors, EXACT, "r1")["embeddings"]
        validate(table, EMBEDDINGS(384), name="embeddings")
        assert table.num_rows == 0


class TestShareVectors:
    def test_each_borrower_gets_the_vectors_of_its_texts_in_order_of_hash(self) -> None:
        parts = [
            embedded(features_of([{"text": "War."}, {"text": "Peace."}])),
            embedded(features_of([{"text": "A dog."}])),
            embedded(features_of([{"text": "A cat."}, {"text": "A hen."}])),
        ]
        every = pa.concat_tables(parts)
        hashes = sorted(every["text_hash"].to_pylist())
        needed = {"g1": [hashes[3], hashes[1]], "g0": [hashes[1]]}
        rows = [(text_hash, borrower) for borrower, own in needed.items() for text_hash in own]
        wanted = pa.table(list(zip(*rows, strict=True)), names=["text_hash", "borrower"])
        tables = share_vectors(iter(parts), wanted)
        assert list(tables) == ["g0", "g1"]
        row_of = {text_hash: row for row, text_hash in enumerate(every["text_hash"].to_pylist())}
        for borrower, table in tables.items():
            validate(table, VECTORS(384), name="vectors")
            assert table["text_hash"].to_pylist() == sorted(needed[borrower])
            expected = matrix_of(every)[[row_of[text] for text in sorted(needed[borrower])]]
            np.testing.assert_array_equal(matrix_of(table), expected)


def test_phrases_keep_their_order() -> None:
    phrases = pa.table({"term": ["submarine", "courtroom", "submarine"]})
    table = embed_phrases(phrases, EXACT, exact().revision, "float32")["vectors"]
    assert table["term"].equals(phrases["term"])
    expected = encode(["submarine", "courtroom", "submarine"], exact())
    np.testing.assert_allclose(matrix_of(table), expected, atol=1e-3)
