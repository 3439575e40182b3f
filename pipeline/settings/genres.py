"""How genres are learnt."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.settings.base import Section

__all__ = ["GenreSettings"]


class GenreSettings(Section):
    """How genres are learnt from titles and descriptions."""

    excluded: tuple[str, ...] = Field(
        ("Foreign", "TV Movie"),
        description="Genres that are not learnt; these two tell where a film was made or shown.",
    )
    min_words: int = Field(10, ge=1, description="A film with a shorter description is left out.")
    min_films: int = Field(20, ge=1, description="A genre of fewer films is not learnt.")
    test_share: float = Field(0.2, gt=0, lt=0.9, description="Share of the films held out.")
    validation_share: float = Field(
        0.1, gt=0, lt=0.9, description="Share that calibration and thresholds are tuned on."
    )
    folds: int = Field(5, ge=3, le=20, description="Folds of the cross-validation.")
    near_duplicate: float = Field(
        0.95, gt=0, le=1, description="Cosine from which two descriptions stay on one side."
    )
    tuned_for: Literal["jaccard", "f1", "balanced"] = Field(
        "jaccard",
        description="What is made greatest where genres are decided; `balanced`: the mean of "
        "Jaccard, F1 and at least one hit.",
    )
    max_terms: int = Field(60_000, ge=10, description="Largest vocabulary of words and pairs.")
    min_term_films: int = Field(2, ge=1, description="A term of fewer films is left out.")
    penalty: float = Field(4.0, gt=0, description="C of logistic regression on words.")
    svm_penalty: float = Field(0.3, gt=0, description="C of a linear SVM.")
    chains: int = Field(6, ge=1, le=100, description="Classifier chains in the ensemble.")
    neighbours: int = Field(40, ge=1, le=1_000, description="k of ML-KNN and of KNN.")
    smoothing: float = Field(1.0, gt=0, description="Smoothing of ML-KNN's counts.")
    tree_depth: int = Field(14, ge=1, le=100, description="Deepest level of a decision tree.")
    tree_films: int = Field(8, ge=1, description="Fewest films in a leaf of a decision tree.")
    model: str = Field(
        "all-MiniLM-L6-v2",
        description="What the transformer starts from: the bundled model, a folder, or a hub id "
        "such as distilbert/distilbert-base-uncased.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where to fine-tune.")
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="What products are computed in while fine-tuning; weights stay float32. "
        "`auto`: bfloat16 where the hardware has it, else float32.",
    )
    max_tokens: int = Field(128, ge=8, le=512, description="Tokens of a text that are read.")
    batch: int = Field(32, ge=1, le=1_024, description="Films in one step of fine-tuning.")
    epochs: int = Field(4, ge=1, le=100, description="Most passes over the training films.")
    patience: int = Field(2, ge=1, description="Epochs without a better validation that end it.")
    learning_rate: float = Field(2e-4, gt=0, le=0.1, description="Highest rate of the body.")
    frozen_layers: int = Field(2, ge=0, le=48, description="Lowest layers that are not trained.")
    focal_alpha: float = Field(0.375, gt=0, lt=1, description="Alpha of the focal loss.")
    focal_gamma: float = Field(2.0, ge=0, le=10, description="Gamma of the focal loss.")
    bootstrap: int = Field(1_000, ge=10, description="Resamples behind an interval.")
