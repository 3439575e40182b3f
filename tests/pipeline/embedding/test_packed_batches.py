import numpy as np
import pytest

from pipeline.embedding.bert_loader import load_packed_model
from pipeline.embedding.packed_batches import encode_packed, token_batches
from tests.support.films import exact


def test_vectors_are_in_the_order_of_the_texts_for_any_size_of_batch() -> None:
    model = load_packed_model(exact())
    assert model is not None
    texts = ["A much longer text about a submarine at war.", "War.", "A dog and a cat.", "War."]
    vectors = encode_packed(model, texts, 8)
    assert vectors.dtype == np.float32
    one_by_one = np.concatenate([encode_packed(model, [text], 8) for text in texts])
    np.testing.assert_allclose(vectors, one_by_one, atol=1e-6)


@pytest.mark.parametrize("lengths", [[5], [2] * 100, [1, 1, 500, 501], list(range(2, 257))])
def testtoken_batches_contain_each_text_once_and_are_even(lengths: list[int]) -> None:
    slices = list(token_batches(lengths, 128))
    rows = [row for part in slices for row in range(len(lengths))[part]]
    assert rows == list(range(len(lengths)))
    assert all(sum(lengths[part]) <= 2 * 128 + max(lengths[part]) for part in slices)
