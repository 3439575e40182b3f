"""Guards of `faiss_internals`: each test fails if FAISS changes what the module relies on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import faiss
import numpy as np
import pytest

from pipeline.neighbours import faiss_internals
from tests.support.planted import planted

RECIPES = ("IVF30,Flat", "IVF30,SQ8")


def trained(vectors: np.ndarray, recipe: str) -> Any:
    index = faiss.index_factory(vectors.shape[1], recipe, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors)
    return index


def cut(data: bytes, size: int) -> Iterator[memoryview]:
    return (memoryview(data)[start : start + size] for start in range(0, len(data), size))


@pytest.mark.parametrize("films", [0, 5, 2_000])  # lengths are sparse for few films, else full
@pytest.mark.parametrize("recipe", RECIPES)
def test_our_bytes_of_an_inverted_file_equal_those_of_faiss(recipe: str, films: int) -> None:
    vectors, _ = planted(40, 50, noise=0.3)
    index = trained(vectors, recipe)
    own = index.quantizer.assign(vectors[:films], 1)[:, 0] if films else np.zeros(0, np.int64)
    codes = faiss_internals.encode_vectors(index, vectors[:films], own)
    data = b"".join(faiss_internals.write_header(index, np.bincount(own, minlength=30)))
    for number in np.unique(own):
        rows = np.flatnonzero(own == number)
        data += faiss_internals.encode_list(codes[rows], rows)
    assert index.ntotal == 0
    index.add(vectors[:films])
    assert data == faiss.serialize_index(index).tobytes()


@pytest.mark.parametrize("films", [5, 2_000])
@pytest.mark.parametrize("recipe", RECIPES)
def test_the_bytes_of_faiss_are_read_as_the_lists_that_faiss_has(recipe: str, films: int) -> None:
    vectors, _ = planted(40, 50, noise=0.3)
    index = trained(vectors, recipe)
    empty = len(faiss.serialize_index(index)) - 32
    index.add(vectors[:films])
    lists: Any = index.invlists
    expected = [lists.list_size(number) for number in range(30)]
    data = memoryview(faiss.serialize_index(index).tobytes())
    full = sum(length > 0 for length in expected) > 15
    header_end = empty + 32 + 8 * (30 if full else 2 * sum(length > 0 for length in expected))
    trained_part, header, rest = data[:empty], data[empty:header_end], data[header_end:]
    read, lengths = faiss_internals.read_lengths(trained_part, header)
    assert lengths.tolist() == expected
    assert (read.nlist, read.code_size, read.d) == (30, index.code_size, vectors.shape[1])
    index.make_direct_map()
    for number in np.flatnonzero(lengths):
        size = int(lengths[number])
        rows, codes, rest = faiss_internals.split_list(rest, size, index.code_size)
        same_list = np.full(size, number)
        np.testing.assert_array_equal(
            faiss_internals.decode_vectors(read, codes, same_list), index.reconstruct_batch(rows)
        )
    assert not len(rest)


@pytest.mark.parametrize("recipe", ["Flat", "HNSW32", *RECIPES])
def test_a_streamed_index_is_the_serialized_one(recipe: str) -> None:
    vectors, _ = planted(40, 50, noise=0.3)
    index = trained(vectors, recipe)
    index.add(vectors)
    pieces: list[bytes] = []
    faiss_internals.write_index(index, pieces.append)
    data = faiss.serialize_index(index).tobytes()
    assert b"".join(pieces) == data
    for size in (1_000, len(data)):
        again = faiss_internals.read_index(cut(data, size))
        assert faiss.serialize_index(again).tobytes() == data


def test_products_of_pairs_equal_those_of_the_rows() -> None:
    left, _ = planted(4, 25, noise=0.3)
    right, _ = planted(3, 20, noise=0.3, seed=3)
    random = np.random.default_rng(0)
    rows = random.integers(len(left), size=500), random.integers(len(right), size=500)
    products = faiss_internals.paired_products(left, rows[0], right, rows[1].astype(np.int32))
    expected = (left[rows[0]] * right[rows[1]]).sum(1)
    np.testing.assert_allclose(products, expected, atol=1e-6)
    assert faiss_internals.paired_products(left, rows[0][:0], right, rows[1][:0]).shape == (0,)
