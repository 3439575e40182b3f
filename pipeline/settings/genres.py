"""Settings of the genre classifiers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.settings.base import Section

__all__ = ["GenreSettings"]


class GenreSettings(Section):
    """How genre classifiers are trained on titles and descriptions."""

    excluded: tuple[str, ...] = Field(
        ("Foreign", "TV Movie"),
        description="Genres to leave out; these two say where a film was made or shown.",
    )
    min_words: int = Field(
        10, ge=1, description="Fewest words of a description; other films are left out."
    )
    min_films: int = Field(
        20, ge=1, description="Fewest films of a genre; other genres are left out."
    )
    test_share: float = Field(0.2, gt=0, lt=0.9, description="Share of the films for the test set.")
    validation_share: float = Field(
        0.1, gt=0, lt=0.9, description="Share of the films for calibration and thresholds."
    )
    folds: int = Field(5, ge=3, le=20, description="Folds of the cross-validation.")
    near_duplicate: float = Field(
        0.95,
        gt=0,
        le=1,
        description="Cosine similarity from which two films are in the same split.",
    )
    tuned_for: Literal["jaccard", "f1", "balanced"] = Field(
        "jaccard",
        description="Metric to maximise when thresholds are chosen; `balanced`: the mean of "
        "Jaccard, "
        "F1 and the share of films with at least one correct genre.",
    )
    max_terms: int = Field(60_000, ge=10, description="Largest vocabulary of words and word pairs.")
    min_term_films: int = Field(
        2, ge=1, description="Fewest films of a term; other terms are left out."
    )
    penalty: float = Field(4.0, gt=0, description="C of the logistic regression on words.")
    svm_penalty: float = Field(0.3, gt=0, description="C of the linear SVM.")
    chains: int = Field(6, ge=1, le=100, description="Number of classifier chains in the ensemble.")
    neighbours: int = Field(40, ge=1, le=1_000, description="k of ML-KNN and KNN.")
    smoothing: float = Field(1.0, gt=0, description="Smoothing of the counts of ML-KNN.")
    tree_depth: int = Field(14, ge=1, le=100, description="Greatest depth of a decision tree.")
    tree_films: int = Field(8, ge=1, description="Fewest films in a leaf of a decision tree.")
    model: str = Field(
        "all-MiniLM-L6-v2",
        description="Model to fine-tune: the bundled model, a folder, or a hub id such as "
        "distilbert/distilbert-base-uncased.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Device for fine-tuning.")
    dtype: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="Precision of matrix products in fine-tuning; weights stay float32. "
        "`auto`: bfloat16 if this CPU multiplies at least 1.25 times as fast in it, or a GPU "
        "supports it; otherwise float32.",
    )
    max_tokens: int = Field(
        128, ge=8, le=512, description="Most tokens of a text; the rest is cut off."
    )
    batch: int = Field(32, ge=1, le=1_024, description="Films per step of fine-tuning.")
    epochs: int = Field(4, ge=1, le=100, description="Most epochs of fine-tuning.")
    patience: int = Field(
        2, ge=1, description="Epochs without a better validation score that end fine-tuning."
    )
    learning_rate: float = Field(
        2e-4, gt=0, le=0.1, description="Peak learning rate of the transformer."
    )
    frozen_layers: int = Field(
        2, ge=0, le=48, description="Number of lowest layers that stay frozen."
    )
    focal_alpha: float = Field(0.375, gt=0, lt=1, description="Alpha of the focal loss.")
    focal_gamma: float = Field(2.0, ge=0, le=10, description="Gamma of the focal loss.")
    bootstrap: int = Field(
        1_000, ge=10, description="Bootstrap resamples of a confidence interval."
    )
