"""How recommenders are learnt from ratings, and how they are kept up."""

from __future__ import annotations

from pydantic import Field, SecretStr

from pipeline.settings.base import Section

__all__ = ["RecommendSettings", "UpkeepSettings"]


class RecommendSettings(Section):
    """How recommenders are learnt from ratings."""

    train_share: float = Field(
        0.7, gt=0.1, lt=0.95, description="Share of the ratings, the earliest, to learn from."
    )
    test_share: float = Field(
        0.2, gt=0.01, lt=0.5, description="Share after them to measure on; the rest comes weekly."
    )
    validation_share: float = Field(
        0.15, gt=0.01, lt=0.5, description="Share of the training, its last, that tunes."
    )
    liked: float = Field(3.5, ge=0.5, le=5, description="Stars from which a film was liked.")
    factors: int = Field(48, ge=2, le=512, description="Factors of ALS and of NMF.")
    svd_factors: int = Field(60, ge=2, le=512, description="Factors of biased factorisation.")
    iterations: int = Field(15, ge=1, le=200, description="Iterations of ALS; NMF takes 4 each.")
    epochs: int = Field(60, ge=1, le=500, description="Passes of biased factorisation.")
    rate: float = Field(0.015, gt=0, lt=1, description="Step of biased factorisation.")
    penalty: float = Field(0.12, gt=0, description="Penalty of biased factorisation.")
    als_penalty: float = Field(20.0, gt=0, description="Penalty of ALS.")
    als_confidence: float = Field(8.0, gt=0, description="Weight of a rating in ALS.")
    ease_penalty: float = Field(400.0, gt=0, description="Penalty of EASE.")
    ease_films: int = Field(4_000, ge=2, le=20_000, description="Films that EASE weighs, at most.")
    hybrid_penalty: float = Field(0.1, gt=0, description="Penalty of the hybrid's weights.")
    neighbours: int = Field(150, ge=1, le=5_000, description="Films like a film, of item KNN.")
    damping: float = Field(5.0, ge=0, description="Ratings of nothing that each bias begins with.")
    recent_days: int = Field(730, ge=1, description="What counts as lately of a film's ratings.")
    genome_components: int = Field(
        64, ge=2, le=1_128, description="Principal components of the tag genome."
    )
    sampled: int = Field(
        1_000, ge=10, description="Films beside the liked ones that a hybrid sees."
    )
    measured_users: int = Field(
        5_000, ge=10, description="Most users whose lists are measured, a seeded sample."
    )
    k: int = Field(10, ge=1, le=100, description="Length of the lists that are measured.")
    bootstrap: int = Field(1_000, ge=100, le=20_000, description="Samples of the intervals.")


class UpkeepSettings(Section):
    """When ratings have drifted, and a recommender is learnt anew."""

    database: SecretStr | None = Field(
        None, description="SQLAlchemy's URL of the record; none: SQLite in the output folder."
    )
    ks: float = Field(0.05, gt=0, le=1, description="Kolmogorov-Smirnov distance of the ratings.")
    mean_change: float = Field(0.10, gt=0, description="Relative change of their mean.")
    deviation_change: float = Field(0.15, gt=0, description="Relative change of their deviation.")
    performance_change: float = Field(
        0.10, gt=0, description="Growth of MAE or RMSE since the model was promoted."
    )
    min_rows: int = Field(2_000, ge=10, description="Fewer ratings are judged with later ones.")
    alerts: int = Field(1, ge=1, description="Alerts since the promotion that make learning due.")
    new_share: float = Field(
        0.2, gt=0, description="New ratings, as a share of those learnt from, that make it due."
    )
