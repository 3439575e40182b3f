"""Texts to vectors: as the library has them, each text once, the same bytes each time."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from safetensors.torch import load_file, save_file

from benchmarks.lib.small_model import DIM, build_model
from pipeline.embedding.embed import (
    VECTORS,
    _batches,
    attach,
    embed,
    embed_phrases,
    encode,
    lend,
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


def embedded(table: pa.Table, settings: EmbedSettings = EXACT, **more: list[str]) -> pa.Table:
    return embed(table, settings, exact().revision, "float32", **more)["vectors"]


class TestEncode:
    def test_vectors_are_those_of_the_library(self) -> None:
        expected = load(exact()).encode(texts(), show_progress_bar=False)
        found = encode(texts(), exact())
        assert found.dtype == np.float32
        assert cosines(found, expected).mean() >= 0.9999
        assert cosines(found, expected).min() >= 0.999

    def test_odd_texts_are_encoded_as_the_library_does(self) -> None:
        found = encode(ODD, exact())
        assert np.isfinite(found).all()
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
        expected = load(exact()).encode(ODD, show_progress_bar=False)
        assert cosines(found, expected).min() >= 0.9999

    def test_half_precision_is_near_enough(self) -> None:
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

    def test_a_long_text_is_cut_at_what_the_model_reads(self) -> None:
        limit = load(exact()).max_seq_length
        # one word is one token; two tokens mark the text's ends
        at, over, under = ("ship " * (limit + more) for more in (-2, 200, -3))
        vectors = encode([at, over + "judge", under], exact())
        np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)
        assert np.abs(vectors[0] - vectors[2]).max() > 1e-5

    def test_no_texts_give_no_vectors_of_the_right_width(self) -> None:
        assert encode([], exact()).shape == (0, 384)

    def test_a_theme_is_nearer_than_another(self) -> None:
        sub, boat, cake = encode(
            ["A submarine hunts a ship.", "A U-boat at war.", "A wedding cake."], exact()
        )
        assert sub @ boat > sub @ cake + 0.1


class TestAnotherModel:
    def test_a_shape_that_cannot_be_packed_is_encoded_by_the_library(self, tmp_path: Path) -> None:
        folder = build_model(tmp_path, pooling="cls", normalise=False)
        identity = identify(EXACT.model_copy(update={"model": str(folder)}))
        some = ["War.", "A much longer film about war and peace.", "", "War."]
        found = encode(some, identity)
        raw = load(identity).encode(some, show_progress_bar=False)
        assert found.shape == (4, DIM)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
        assert cosines(found, raw).min() >= 0.9999
        np.testing.assert_array_equal(found, encode(some[::-1], identity)[::-1])

    def test_vectors_that_are_not_finite_are_refused(self, tmp_path: Path) -> None:
        folder = build_model(tmp_path)
        weights = load_file(folder / "model.safetensors")
        weights["embeddings.LayerNorm.bias"].fill_(math.nan)
        save_file(weights, folder / "model.safetensors", {"format": "pt"})
        identity = identify(EXACT.model_copy(update={"model": str(folder)}))
        with pytest.raises(ModelError, match="not finite") as raised:
            encode(["War."], identity)
        assert str(folder) in str(raised.value)


class TestEmbed:
    def test_each_distinct_text_once_in_order_of_hash(self) -> None:
        same = [{"text": text} for text in ("War.", "Peace.", "War.", "War.")]
        vectors = embedded(features_of(same))
        validate(vectors, VECTORS(384), name="vectors")
        hashes = sorted(hashlib.sha256(text).hexdigest() for text in (b"War.", b"Peace."))
        assert vectors["text_hash"].to_pylist() == hashes

    def test_vectors_are_of_their_own_text(self) -> None:
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

    def test_what_another_partition_encodes_is_skipped(self) -> None:
        table = features_of([{"text": "War."}, {"text": "Peace."}])
        first, second = table["text_hash"].to_pylist()
        assert embedded(table, skip=[first])["text_hash"].to_pylist() == [second]
        nothing = embedded(table, skip=[first, second])
        validate(nothing, VECTORS(384), name="vectors")
        assert nothing.num_rows == 0

    def test_a_worker_with_other_weights_stops(self) -> None:
        with pytest.raises(ModelError, match="install the same weights"):
            embed(features_of([{"text": "War."}]), EXACT, "0" * 64, "float32")
        with pytest.raises(ModelError, match="install the same weights"):
            warm(EXACT, "0" * 64, "float32")


class TestAttach:
    def test_each_film_gets_the_vector_of_its_text_its_own_or_borrowed(self) -> None:
        here = features_of([{"text": "War."}, {"text": "Peace."}, {"text": "War."}])
        there = features_of([{"text": "Peace."}])
        lent = there["text_hash"].to_pylist()
        vectors = pa.concat_tables([embedded(here, skip=lent), embedded(there)])
        made = attach(here, vectors, EXACT, "r1")["embeddings"]
        validate(made, EMBEDDINGS(384), name="embeddings")
        assert made["movie_id"].to_pylist() == ["m0000", "m0001", "m0002"]
        assert made["text_hash"].equals(here["text_hash"])
        assert set(made["model_revision"].to_pylist()) == {"r1"}
        found, expected = matrix_of(made), encode(["War.", "Peace.", "War."], exact())
        np.testing.assert_allclose(found, expected, atol=1e-3)  # stored as float16
        np.testing.assert_array_equal(found[0], found[2])

    def test_no_films_give_an_empty_table(self) -> None:
        vectors = embedded(features_of([{"text": "War."}]))
        made = attach(features_of([]), vectors, EXACT, "r1")["embeddings"]
        validate(made, EMBEDDINGS(384), name="embeddings")
        assert made.num_rows == 0


class TestLend:
    def test_each_borrower_gets_what_it_wants_sorted_with_its_vectors(self) -> None:
        parts = [
            embedded(features_of([{"text": "War."}, {"text": "Peace."}])),
            embedded(features_of([{"text": "A dog."}])),
            embedded(features_of([{"text": "A cat."}, {"text": "A hen."}])),
        ]
        every = pa.concat_tables(parts)
        texts = sorted(every["text_hash"].to_pylist())
        asked = {"g1": [texts[3], texts[1]], "g0": [texts[1]]}
        rows = [(text, who) for who, own in asked.items() for text in own]
        wanted = pa.table(list(zip(*rows, strict=True)), names=["text_hash", "borrower"])
        made = lend(iter(parts), wanted)
        assert list(made) == ["g0", "g1"]
        row_of = {text: row for row, text in enumerate(every["text_hash"].to_pylist())}
        for who, lent in made.items():
            validate(lent, VECTORS(384), name="vectors")
            assert lent["text_hash"].to_pylist() == sorted(asked[who])
            expected = matrix_of(every)[[row_of[text] for text in sorted(asked[who])]]
            np.testing.assert_array_equal(matrix_of(lent), expected)


def test_phrases_keep_their_order() -> None:
    phrases = pa.table({"term": ["submarine", "courtroom", "submarine"]})
    made = embed_phrases(phrases, EXACT, exact().revision, "float32")["vectors"]
    assert made["term"].equals(phrases["term"])
    expected = encode(["submarine", "courtroom", "submarine"], exact())
    np.testing.assert_allclose(matrix_of(made), expected, atol=1e-3)


@pytest.mark.parametrize("lengths", [[5], [2] * 100, [1, 1, 500, 501], list(range(2, 257))])
def test_batches_hold_every_text_once_and_are_even(lengths: list[int]) -> None:
    slices = list(_batches(lengths, 128))
    rows = [row for part in slices for row in range(len(lengths))[part]]
    assert rows == list(range(len(lengths)))
    assert all(sum(lengths[part]) <= 2 * 128 + max(lengths[part]) for part in slices)
