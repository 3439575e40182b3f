"""Fine-tuning: the losses, what is frozen, and a run that goes on where it stopped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from benchmarks.lib.small_model import build_model
from pipeline.embedding.bert_loader import tokenizer_of
from pipeline.errors import ModelError
from pipeline.genres.models.finetune import Unfinished, fine_tune, logits_of
from pipeline.genres.models.scorers import TransformerScorer
from pipeline.genres.models.transformer import (
    LOSSES,
    LossName,
    Network,
    batches_by_length,
    focal,
    log_weights,
    loss_of,
    seeded,
)
from pipeline.settings import GenreSettings

SETTINGS = GenreSettings(epochs=3, batch=8, patience=3, frozen_layers=0, learning_rate=5e-3)
LABELS = np.array([[1, 0], [0, 1]] * 20, bool)
TEXTS = ["war at sea", "a wedding"] * 20


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    build_model(folder)
    return folder / "bare"


@pytest.fixture(scope="module")
def tokens(body: Path) -> list[list[int]]:
    tokenizer = tokenizer_of(body, 16)
    return [found.ids for found in tokenizer.encode_batch(TEXTS)]


def network(body: Path) -> Network:
    with seeded(1):
        return Network(body, 2)


def test_log_weights_by_hand() -> None:
    labels = np.zeros((100, 2), bool)
    labels[:49, 0] = labels[:9, 1] = True
    raw = np.log([100 / 50, 100 / 10])
    np.testing.assert_allclose(log_weights(labels), raw / raw.mean(), rtol=1e-6)
    assert log_weights(np.ones((4, 2), bool)).tolist() == [1.0, 1.0]


def test_focal_loss_is_cross_entropy_where_it_must_be() -> None:
    logits, truth = torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 0.0]])
    plain = functional.binary_cross_entropy_with_logits(logits, truth)
    assert float(focal(logits, truth, 0.5, 0.0)) == pytest.approx(float(plain) / 2)
    right = torch.sigmoid(torch.tensor([2.0, 1.0]))
    by_hand = torch.tensor([0.375, 0.625]) * (1 - right) ** 2 * -torch.log(right)
    assert float(focal(logits, truth, 0.375, 2.0)) == pytest.approx(float(by_hand.mean()))


def test_weights_weigh_genres() -> None:
    logits, truth = torch.zeros(1, 2), torch.tensor([[1.0, 0.0]])
    weights = torch.tensor([0.5, 1.5])
    found = {name: float(loss_of(name, logits, truth, weights, 0.5, 0.0)) for name in LOSSES}
    assert found["bce"] == pytest.approx(np.log(2))
    assert found["log"] == pytest.approx(np.log(2))
    assert found["focal"] == pytest.approx(np.log(2) / 2)
    one_sided = torch.tensor([[0.0, 9.0]])
    heavy = loss_of("log", one_sided, truth, weights, 0.5, 0.0)
    assert float(heavy) > float(loss_of("bce", one_sided, truth, weights, 0.5, 0.0))


def test_batches_hold_every_text_once_and_pad_little(tokens: list[list[int]]) -> None:
    for chance in (None, np.random.default_rng(1)):
        found = list(batches_by_length(tokens, 8, chance))
        assert sorted(np.concatenate([rows for rows, _, _ in found])) == list(range(len(tokens)))
        for rows, ids, mask in found:
            for place, row in enumerate(rows):
                own = ids[place, : int(mask[place].sum())].tolist()
                assert own == tokens[row]


def test_padding_changes_no_answer(body: Path) -> None:
    made = network(body)
    long, short = [101, 7, 8, 9, 10, 102], [101, 7, 102]
    both = logits_of(made, [long, short])
    np.testing.assert_allclose(both[1:], logits_of(made, [short]), atol=1e-6)
    np.testing.assert_allclose(both[:1], logits_of(made, [long]), atol=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_learns(body: Path, tokens: list[list[int]], loss: LossName) -> None:
    made = network(body)
    went = fine_tune(made, tokens, LABELS, (tokens, LABELS), SETTINGS, loss, 3)
    assert (logits_of(made, tokens).argmax(1) == LABELS.argmax(1)).mean() > 0.95
    assert [row["epoch"] for row in went.history] == [1, 2, 3]
    assert went.history[-1]["loss"] < went.history[0]["loss"]


def test_products_in_bfloat16_learn_as_well_and_leave_weights_in_float32(
    body: Path, tokens: list[list[int]]
) -> None:
    found = {}
    for dtype in ("float32", "bfloat16"):
        made = network(body)
        settings = GenreSettings(**SETTINGS.model_dump() | {"dtype": dtype})
        fine_tune(made, tokens, LABELS, (tokens, LABELS), settings, "bce", 3)
        assert {weight.dtype for weight in made.state_dict().values()} == {torch.float32}
        found[dtype] = logits_of(made, tokens)
        assert (found[dtype].argmax(1) == LABELS.argmax(1)).mean() > 0.95
    assert not np.array_equal(found["float32"], found["bfloat16"])
    np.testing.assert_allclose(found["float32"], found["bfloat16"], atol=1.0)


def test_an_interrupted_run_ends_like_one_that_was_not(
    body: Path, tokens: list[list[int]], tmp_path: Path
) -> None:
    whole, halves = network(body), network(body)
    fine_tune(whole, tokens, LABELS, (tokens, LABELS), SETTINGS, "bce", 3)
    stops = 0
    while True:
        try:
            # no time at all: a checkpoint after one step, of an epoch of five
            fine_tune(
                halves,
                tokens,
                LABELS,
                (tokens, LABELS),
                SETTINGS,
                "bce",
                3,
                checkpoint=tmp_path / "place",
                seconds=0.0 if stops < 7 else None,
            )
        except Unfinished:
            stops += 1
            halves = network(body)
        else:
            break
    assert stops == 7
    np.testing.assert_allclose(logits_of(halves, tokens), logits_of(whole, tokens), atol=1e-5)
    assert {path.suffix for path in (tmp_path / "place").iterdir()} == {".json", ".safetensors"}


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_what_is_restored_answers_and_is_kept_again(
    body: Path, tmp_path: Path, activation: str
) -> None:
    folders = [tmp_path / "body", tmp_path / "once", tmp_path / "twice"]
    shutil.copytree(body, folders[0])
    config = json.loads((body / "config.json").read_text())
    (folders[0] / "config.json").write_text(json.dumps(config | {"hidden_act": activation}))
    fitted = TransformerScorer(SETTINGS, "bce")
    fitted.network, fitted.tokenizer = network(folders[0]), tokenizer_of(body, 16)
    texts = ["war", "a wedding by the sea", *TEXTS]
    expected = fitted.scores(texts, None)
    kept = fitted
    for folder in folders[1:]:
        folder.mkdir()
        kept.keep(folder)
        kept = TransformerScorer(SETTINGS, "bce")
        kept.restore(folder, 2)
        assert (kept.network is None) == (activation == "gelu"), "ours is for GELU alone"
        np.testing.assert_allclose(kept.scores(texts, None), expected, atol=1e-5)


def test_a_run_stops_early_and_keeps_its_best(body: Path, tokens: list[list[int]]) -> None:
    made = network(body)
    patient = SETTINGS.model_copy(update={"epochs": 30, "patience": 1})
    went = fine_tune(made, tokens, LABELS, (tokens, LABELS), patient, "bce", 3)
    assert went.epoch < 30
    assert went.best == max(row["validation_f1"] for row in went.history) == 1.0


def test_frozen_layers_stay_as_they_are(body: Path, tokens: list[list[int]]) -> None:
    made = network(body)
    before = {name: value.clone() for name, value in made.state_dict().items()}
    frozen = SETTINGS.model_copy(update={"frozen_layers": 1, "epochs": 1})
    fine_tune(made, tokens, LABELS, (tokens, LABELS), frozen, "bce", 3)
    for name, value in made.state_dict().items():
        changed = not torch.equal(value, before[name])
        assert changed is name.startswith("head."), name


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no tokenizer\.json"):
        tokenizer_of(tmp_path, 16)
    with pytest.raises(ModelError, match="cannot be read"):
        Network(tmp_path, 2)
