"""Fine-tuning: losses, frozen layers, and a run that resumes where it stopped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from torch.nn import functional

from benchmarks.lib.small_model import build_model
from pipeline.embedding.bert_loader import load_tokenizer
from pipeline.errors import ModelError
from pipeline.genres.models.finetune import Unfinished, compute_logits, fine_tune
from pipeline.genres.models.scorers import TransformerScorer
from pipeline.genres.models.transformer import (
    LossName,
    Network,
    batches_by_length,
    compute_loss,
    focal_loss,
    log_weights,
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
    tokenizer = load_tokenizer(body, 16)
    return [encoding.ids for encoding in tokenizer.encode_batch(TEXTS)]


def network(body: Path) -> Network:
    with seeded(1):
        return Network(body, 2)


def test_log_weights_by_hand() -> None:
    labels = np.zeros((100, 2), bool)
    labels[:49, 0] = labels[:9, 1] = True
    raw = np.log([100 / 50, 100 / 10])
    np.testing.assert_allclose(log_weights(labels), raw / raw.mean(), rtol=1e-6)
    assert log_weights(np.ones((4, 2), bool)).tolist() == [1.0, 1.0]


def test_focal_loss_with_gamma_0_is_cross_entropy() -> None:
    logits, truth = torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 0.0]])
    plain = functional.binary_cross_entropy_with_logits(logits, truth)
    assert float(focal_loss(logits, truth, 0.5, 0.0)) == pytest.approx(float(plain) / 2)
    right = torch.sigmoid(torch.tensor([2.0, 1.0]))
    by_hand = torch.tensor([0.375, 0.625]) * (1 - right) ** 2 * -torch.log(right)
    assert float(focal_loss(logits, truth, 0.375, 2.0)) == pytest.approx(float(by_hand.mean()))


def test_log_loss_weights_genres() -> None:
    logits, truth = torch.zeros(1, 2), torch.tensor([[1.0, 0.0]])
    weights = torch.tensor([0.5, 1.5])
    found = {
        name: float(compute_loss(name, logits, truth, weights, 0.5, 0.0))
        for name in get_args(LossName)
    }
    assert found["bce"] == pytest.approx(np.log(2))
    assert found["log"] == pytest.approx(np.log(2))
    assert found["focal"] == pytest.approx(np.log(2) / 2)
    one_sided = torch.tensor([[0.0, 9.0]])
    heavy = compute_loss("log", one_sided, truth, weights, 0.5, 0.0)
    assert float(heavy) > float(compute_loss("bce", one_sided, truth, weights, 0.5, 0.0))


def test_batches_contain_every_text_once(tokens: list[list[int]]) -> None:
    for rng in (None, np.random.default_rng(1)):
        batches = list(batches_by_length(tokens, 8, rng))
        assert sorted(np.concatenate([rows for rows, _, _ in batches])) == list(range(len(tokens)))
        for rows, ids, mask in batches:
            for place, row in enumerate(rows):
                own = ids[place, : int(mask[place].sum())].tolist()
                assert own == tokens[row]


def test_padding_does_not_change_logits(body: Path) -> None:
    model = network(body)
    long, short = [101, 7, 8, 9, 10, 102], [101, 7, 102]
    both = compute_logits(model, [long, short])
    np.testing.assert_allclose(both[1:], compute_logits(model, [short]), atol=1e-6)
    np.testing.assert_allclose(both[:1], compute_logits(model, [long]), atol=1e-6)


@pytest.mark.parametrize("loss", get_args(LossName))
def test_every_loss_is_learnt(body: Path, tokens: list[list[int]], loss: LossName) -> None:
    model = network(body)
    state = fine_tune(model, tokens, LABELS, (tokens, LABELS), SETTINGS, loss, 3)
    assert (compute_logits(model, tokens).argmax(1) == LABELS.argmax(1)).mean() > 0.95
    assert [row["epoch"] for row in state.history] == [1, 2, 3]
    assert state.history[-1]["loss"] < state.history[0]["loss"]


def test_mixed_precision_learns_and_leaves_weights_in_float32(
    body: Path, tokens: list[list[int]]
) -> None:
    found = {}
    for dtype in ("float32", "bfloat16"):
        model = network(body)
        settings = GenreSettings(**SETTINGS.model_dump() | {"dtype": dtype})
        fine_tune(model, tokens, LABELS, (tokens, LABELS), settings, "bce", 3)
        assert {weight.dtype for weight in model.state_dict().values()} == {torch.float32}
        found[dtype] = compute_logits(model, tokens)
        assert (found[dtype].argmax(1) == LABELS.argmax(1)).mean() > 0.95
    assert not np.array_equal(found["float32"], found["bfloat16"])
    np.testing.assert_allclose(found["float32"], found["bfloat16"], atol=1.0)


def test_an_interrupted_run_ends_like_an_uninterrupted_one(
    body: Path, tokens: list[list[int]], tmp_path: Path
) -> None:
    whole, halves = network(body), network(body)
    fine_tune(whole, tokens, LABELS, (tokens, LABELS), SETTINGS, "bce", 3)
    stops = 0
    while True:
        try:
            # no time: a checkpoint after each step; an epoch has five steps
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
    np.testing.assert_allclose(
        compute_logits(halves, tokens), compute_logits(whole, tokens), atol=1e-5
    )
    assert {path.suffix for path in (tmp_path / "place").iterdir()} == {".json", ".safetensors"}


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_a_restored_scorer_predicts_the_same_and_is_saved_again(
    body: Path, tmp_path: Path, activation: str
) -> None:
    folders = [tmp_path / "body", tmp_path / "once", tmp_path / "twice"]
    shutil.copytree(body, folders[0])
    config = json.loads((body / "config.json").read_text())
    (folders[0] / "config.json").write_text(json.dumps(config | {"hidden_act": activation}))
    fitted = TransformerScorer(SETTINGS, "bce")
    fitted.network, fitted.tokenizer = network(folders[0]), load_tokenizer(body, 16)
    texts = ["war", "a wedding by the sea", *TEXTS]
    expected = fitted.scores(texts, None)
    scorer = fitted
    for folder in folders[1:]:
        folder.mkdir()
        scorer.save(folder)
        scorer = TransformerScorer(SETTINGS, "bce")
        scorer.restore(folder, 2)
        assert (scorer.network is None) == (activation == "gelu"), (
            "PackedNetwork supports only GELU"
        )
        np.testing.assert_allclose(scorer.scores(texts, None), expected, atol=1e-5)


def test_a_run_stops_early_with_its_best_weights(body: Path, tokens: list[list[int]]) -> None:
    model = network(body)
    patient = SETTINGS.model_copy(update={"epochs": 30, "patience": 1})
    state = fine_tune(model, tokens, LABELS, (tokens, LABELS), patient, "bce", 3)
    assert state.epoch < 30
    assert state.best == max(row["validation_f1"] for row in state.history) == 1.0


def test_frozen_layers_do_not_change(body: Path, tokens: list[list[int]]) -> None:
    model = network(body)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    frozen = SETTINGS.model_copy(update={"frozen_layers": 1, "epochs": 1})
    fine_tune(model, tokens, LABELS, (tokens, LABELS), frozen, "bce", 3)
    for name, value in model.state_dict().items():
        changed = not torch.equal(value, before[name])
        assert changed is name.startswith("head."), name


def test_a_folder_without_a_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no tokenizer\.json"):
        load_tokenizer(tmp_path, 16)
    with pytest.raises(ModelError, match="cannot be read"):
        Network(tmp_path, 2)
