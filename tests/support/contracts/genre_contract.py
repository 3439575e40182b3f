"""The contract of genre models. Inherit it as `Test...` and set `name`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import CorruptFileError, ModelError
from pipeline.genres.data.films import compose_text
from pipeline.genres.models.classifier import MODELS, Classifier
from pipeline.genres.models.metrics import measure
from pipeline.genres.models.scorers import LabelledTexts
from pipeline.genres.training.documents import TrainingRecord
from pipeline.genres.training.persistence import MANIFEST, open_model, read_manifest, save_model
from tests.support.genre_films import SETTINGS, Divided, train_on


class GenreContract:
    """`name` is the model under test, one of `classifier.MODELS`."""

    name: str

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(cls, divided: Divided) -> Classifier:
        return train_on(cls.name, divided)

    @staticmethod
    def held_out(divided: Divided) -> LabelledTexts:
        return divided.parts["test"]

    def test_model_can_be_trained(self) -> None:
        assert self.name in MODELS

    def test_probabilities_are_finite_and_within_0_and_1(
        self, fitted: Classifier, divided: Divided
    ) -> None:
        held = self.held_out(divided)
        found = fitted.probabilities(held.texts, held.vectors)
        assert found.shape == (len(held.texts), len(fitted.genres))
        assert np.isfinite(found).all()
        assert (found >= 0).all() and (found <= 1).all()

    def test_every_film_gets_a_genre(self, fitted: Classifier, divided: Divided) -> None:
        held = self.held_out(divided)
        given = fitted.decide(fitted.probabilities(held.texts, held.vectors))
        assert given.dtype == bool
        assert given.any(1).all()
        assert all(fitted.genre_names(given))

    def test_is_better_than_the_same_prediction_for_all_films(
        self, fitted: Classifier, divided: Divided
    ) -> None:
        held = self.held_out(divided)
        predicted = fitted.decide(fitted.probabilities(held.texts, held.vectors))
        share = divided.parts["train"].labels.mean(0)
        always = np.zeros_like(held.labels)
        always[:, np.argsort(-share)[:2]] = True
        ours, constant = (
            measure(given, held.labels)["f1"]["macro"] for given in (predicted, always)
        )
        assert ours > constant + 0.02

    def test_films_do_not_depend_on_the_other_films_of_a_batch(
        self, fitted: Classifier, divided: Divided
    ) -> None:
        held = self.held_out(divided)
        rows = np.array([7, 3, 11])
        vectors = None if held.vectors is None else held.vectors[rows]
        alone = fitted.probabilities([held.texts[i] for i in rows], vectors)
        whole = fitted.probabilities(held.texts, held.vectors)[rows]
        np.testing.assert_allclose(alone, whole, atol=2e-5)

    def test_no_texts_give_no_probabilities(self, fitted: Classifier, divided: Divided) -> None:
        assert fitted.probabilities([]).shape == (0, len(fitted.genres))

    def test_an_unusual_text_is_predicted(self, fitted: Classifier, divided: Divided) -> None:
        texts = [compose_text("", "", "both"), "千と千尋の神隠し", "x " * 3_000]
        vectors = divided.encode(texts) if fitted.needs_vectors else None
        assert fitted.decide(fitted.probabilities(texts, vectors)).any(1).all()

    def test_is_saved_without_pickle_and_predicts_the_same(
        self, fitted: Classifier, divided: Divided, tmp_path: Path
    ) -> None:
        folder = save_model(fitted, tmp_path / "model", SETTINGS, TrainingRecord(metrics={}))
        kinds = {path.suffix for path in folder.rglob("*") if path.is_file()}
        assert kinds <= {".json", ".safetensors"}
        again = open_model(folder)
        held = self.held_out(divided)
        assert (again.name, again.inputs, again.genres) == (self.name, "both", fitted.genres)
        assert again.needs_vectors == fitted.needs_vectors
        np.testing.assert_allclose(
            again.probabilities(held.texts, held.vectors),
            fitted.probabilities(held.texts, held.vectors),
            atol=1e-6,
        )
        with pytest.raises(OSError):
            save_model(fitted, folder, SETTINGS, TrainingRecord())

    def test_an_altered_file_is_refused(self, fitted: Classifier, tmp_path: Path) -> None:
        folder = save_model(fitted, tmp_path / "model", SETTINGS, TrainingRecord())
        name = next(n for n in read_manifest(folder).files if n.endswith(".safetensors"))
        data = bytearray((folder / name).read_bytes())
        data[-1] ^= 1
        (folder / name).write_bytes(data)
        with pytest.raises(CorruptFileError, match="altered"):
            open_model(folder)
        with pytest.raises(ModelError, match="no genre model"):
            open_model(tmp_path / "nowhere")
        (folder / MANIFEST).write_text(json.dumps({"format": 0}))
        with pytest.raises(ModelError, match="format"):
            open_model(folder)

    def test_the_same_films_and_seed_give_the_same_model(
        self, fitted: Classifier, divided: Divided
    ) -> None:
        if MODELS[self.name].family == "blend":
            pytest.skip("a blend learns only the weights of its members")
        if MODELS[self.name].family == "transformer":
            pytest.skip("slow; test_finetune compares the weights of a resumed run")
        again = train_on(self.name, divided)
        held = self.held_out(divided)
        np.testing.assert_allclose(
            again.probabilities(held.texts, held.vectors),
            fitted.probabilities(held.texts, held.vectors),
            atol=1e-6,
        )
