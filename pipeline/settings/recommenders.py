"""Settings of the recommenders: training, and detection of drift."""

from __future__ import annotations

from pydantic import Field, SecretStr

from pipeline.settings.base import Section

__all__ = ["RecommendSettings", "UpkeepSettings"]


class RecommendSettings(Section):
    """How recommenders are trained on ratings."""

    train_share: float = Field(
        0.7, gt=0.1, lt=0.95, description="Share of the ratings for training, the earliest."
    )
    test_share: float = Field(
        0.2,
        gt=0.01,
        lt=0.5,
        description="Share of the ratings for the test set, the next; the rest arrives in weekly "
        "batches.",
    )
    validation_share: float = Field(
        0.15,
        gt=0.01,
        lt=0.5,
        description="Share of the training ratings for validation, the latest.",
    )
    liked: float = Field(
        3.5, ge=0.5, le=5, description="Fewest stars of a film that counts as liked."
    )
    factors: int = Field(48, ge=2, le=512, description="Factors of ALS and NMF.")
    svd_factors: int = Field(
        60, ge=2, le=512, description="Factors of the biased matrix factorisation."
    )
    iterations: int = Field(
        15, ge=1, le=200, description="Iterations of ALS; NMF has 4 times as many."
    )
    epochs: int = Field(60, ge=1, le=500, description="Epochs of the biased matrix factorisation.")
    rate: float = Field(
        0.015, gt=0, lt=1, description="Learning rate of the biased matrix factorisation."
    )
    penalty: float = Field(0.12, gt=0, description="L2 penalty of the biased matrix factorisation.")
    als_penalty: float = Field(20.0, gt=0, description="L2 penalty of ALS.")
    als_confidence: float = Field(8.0, gt=0, description="Confidence weight of a rating in ALS.")
    ease_penalty: float = Field(400.0, gt=0, description="L2 penalty of EASE.")
    ease_films: int = Field(
        4_000, ge=2, le=20_000, description="Most films in EASE, the most rated."
    )
    hybrid_penalty: float = Field(0.1, gt=0, description="L2 penalty of the weights of the hybrid.")
    neighbours: int = Field(150, ge=1, le=5_000, description="Similar films per film in item KNN.")
    damping: float = Field(
        5.0, ge=0, description="Damping of the user and film biases, in ratings."
    )
    recent_days: int = Field(730, ge=1, description="Days whose ratings count as recent.")
    genome_components: int = Field(
        64, ge=2, le=1_128, description="Principal components of the tag genome."
    )
    sampled: int = Field(
        1_000, ge=10, description="Films sampled beside the liked ones to train the hybrid."
    )
    measured_users: int = Field(
        5_000, ge=10, description="Most users to evaluate, a seeded sample."
    )
    k: int = Field(10, ge=1, le=100, description="Length of the evaluated lists.")
    bootstrap: int = Field(
        1_000, ge=100, le=20_000, description="Bootstrap resamples of a confidence interval."
    )


class UpkeepSettings(Section):
    """When ratings have drifted so far that a recommender is trained again."""

    database: SecretStr | None = Field(
        None, description="SQLAlchemy URL of the database; none: SQLite in the output folder."
    )
    ks: float = Field(0.05, gt=0, le=1, description="Kolmogorov-Smirnov distance of the ratings.")
    mean_change: float = Field(0.10, gt=0, description="Relative change of the mean rating.")
    deviation_change: float = Field(
        0.15, gt=0, description="Relative change of the standard deviation."
    )
    performance_change: float = Field(
        0.10, gt=0, description="Relative increase of MAE or RMSE since the model was promoted."
    )
    min_rows: int = Field(
        2_000, ge=10, description="Fewest ratings to test for drift; fewer wait for the next batch."
    )
    alerts: int = Field(1, ge=1, description="Alerts since the promotion that make a training due.")
    new_share: float = Field(
        0.2,
        gt=0,
        description="New ratings that make a training due, as a share of the training ratings.",
    )
