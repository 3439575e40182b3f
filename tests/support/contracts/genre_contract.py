"""What every genre model must do. Inherit it, give `name`, and run as `Test...`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import CorruptFileError, ModelError
from pipeline.genres.data.films import compose_text
from pipeline.genres.models.classifier import MODELS, Classifier
from pipeline.genres.models.metrics import figures
from pipeline.genres.models.scorers import Held
from pipeline.genres.training.persistence import MANIFEST, keep, open_model, read_manifest
from tests.support.genre_films import SETTINGS, Divided, train_on


class GenreContract:
    """`name` is the model under test, of `classifier.MODELS`."""

    name: str

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(cls, divided: Divided) -> Classifier:
        return train_on(cls.name, divided)

    @staticmethod
    def asked(divided: Divided) -> Held:
        return divided.sides["test"]

    def test_is_one_of_those_that_can_be_trained(self) -> None:
        assert self.name in MODELS

    def test_probabilities_are_probabilities(self, fitted: Classifier, divided: Divided) -> None:
        held = self.asked(divided)
        found = fitted.probabilities(held.texts, held.vectors)
        assert found.shape == (len(held.texts), len(fitted.genres))
        assert np.isfinite(found).all()
        assert (found >= 0).all() and (found <= 1).all()

    def test_every_film_is_given_a_genre(self, fitted: Classifier, divided: Divided) -> None:
        held = self.asked(divided)
        told = fitted.predict(held.texts, held.vectors)
        assert told.dtype == bool
        assert told.any(1).all()
        assert all(fitted.named(told))

    def test_is_better_than_the_same_answer_for_all(
        self, fitted: Classifier, divided: Divided
    ) -> None:
        held = self.asked(divided)
        found = fitted.predict(held.texts, held.vectors)
        share = divided.sides["train"].labels.mean(0)
        always = np.zeros_like(held.labels)
        always[:, np.argsort(-share)[:2]] = True
        ours, theirs = (figures(told, held.labels)["f1"]["macro"] for told in (found, always))
        assert ours > theirs + 0.02

    def test_films_do_not_depend_on_their_company(
        self, fitted: Classifier, divided: Divided
    ) -> None:
        held = self.asked(divided)
        rows = np.array([7, 3, 11])
        vectors = None if held.vectors is None else held.vectors[rows]
        alone = fitted.probabilities([held.texts[i] for i in rows], vectors)
        whole = fitted.probabilities(held.texts, held.vectors)[rows]
        np.testing.assert_allclose(alone, whole, atol=2e-5)

    def test_nothing_asked_is_nothing_answered(self, fitted: Classifier, divided: Divided) -> None:
        assert fitted.probabilities([]).shape == (0, len(fitted.genres))

    def test_an_odd_text_is_answered(self, fitted: Classifier, divided: Divided) -> None:
        texts = [compose_text("", "", "both"), "千と千尋の神隠し", "x " * 3_000]
        vectors = divided.encode(texts) if fitted.needs_vectors else None
        assert fitted.predict(texts, vectors).any(1).all()

    def test_is_kept_without_pickle_and_answers_the_same(
        self, fitted: Classifier, divided: Divided, tmp_path: Path
    ) -> None:
        folder = keep(fitted, tmp_path / "model", SETTINGS, {"metrics": {}})
        kinds = {path.suffix for path in folder.rglob("*") if path.is_file()}
        assert kinds <= {".json", ".safetensors"}
        again = open_model(folder)
        held = self.asked(divided)
        assert (again.name, again.inputs, again.genres) == (self.name, "both", fitted.genres)
        assert again.needs_vectors == fitted.needs_vectors
        np.testing.assert_allclose(
            again.probabilities(held.texts, held.vectors),
            fitted.probabilities(held.texts, held.vectors),
            atol=1e-6,
        )
        with pytest.raises(OSError):
            keep(fitted, folder, SETTINGS, {})

    def test_an_altered_file_is_refused(self, fitted: Classifier, tmp_path: Path) -> None:
        folder = keep(fitted, tmp_path / "model", SETTINGS, {})
        name = next(n for n in read_manifest(folder)["files"] if n.endswith(".safetensors"))
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
            pytest.skip("a blend learns nothing by itself")
        if MODELS[self.name].family == "transformer":
            pytest.skip("takes long; test_genres_finetune holds a resumed run to the same weights")
        again = train_on(self.name, divided)
        held = self.asked(divided)
        np.testing.assert_allclose(
            again.probabilities(held.texts, held.vectors),
            fitted.probabilities(held.texts, held.vectors),
            atol=1e-6,
        )
