"""Settings of what connects one release with the next: identity, updates and drift."""

from __future__ import annotations

from pydantic import Field

from pipeline.settings.base import Section

__all__ = ["DriftSettings", "IdentitySettings", "NoveltySettings", "UpdateSettings"]


class IdentitySettings(Section):
    """When a micro-genre keeps its id from the previous release."""

    same_share: float = Field(
        0.3,
        gt=0,
        le=1,
        description="Dice overlap in films (0 to 1) from which it is the same; half of it is "
        "enough if "
        "the centroids are similar, too.",
    )
    same_likeness: float = Field(
        0.9, gt=0, le=1, description="Cosine similarity from which two centroids are similar."
    )
    origin_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of its films that marks a micro-genre as split or merged.",
    )


class UpdateSettings(Section):
    """How a release is updated without a new mining."""

    encode_here: int = Field(
        2_000,
        ge=0,
        description="Most new texts to encode in this process; more are encoded on the cluster.",
    )
    max_withdrawn_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Greatest share of films that an update may withdraw; above it nothing is "
        "published.",
    )


class NoveltySettings(Section):
    """Which films fit no micro-genre well, and when they form a proposal for a new one."""

    quantile: float = Field(
        0.02,
        ge=0,
        le=0.5,
        description="A film is novel if it is less similar to its centroid than this share of the "
        "mined films.",
    )
    min_films: int = Field(8, ge=2, description="Fewest novel films of a proposed micro-genre.")
    likeness: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Lowest mean cosine similarity between the films of a proposal.",
    )
    most_films: int = Field(
        5_000,
        ge=10,
        description="Most novel films searched for proposals, the least similar first.",
    )


class DriftSettings(Section):
    """How far a catalogue may drift from the last mining before a new one is due."""

    ks: float = Field(
        0.08,
        gt=0,
        le=1,
        description="Kolmogorov-Smirnov distance of the similarities to the centroids.",
    )
    psi: float = Field(
        0.1, gt=0, description="Population stability index of the same similarities."
    )
    vocabulary: float = Field(
        0.05,
        gt=0,
        le=1,
        description="Increase of the share of unknown keywords in the films' keyword lists.",
    )
    centroid_shift: float = Field(
        0.02,
        gt=0,
        le=2,
        description="1 - cosine of a micro-genre's mean and its centroid, averaged.",
    )
    growth: float = Field(
        0.1,
        gt=0,
        le=1,
        description="Share of films that would have to move for the micro-genres to have the "
        "sizes of the "
        "mining.",
    )
    novel: float = Field(
        0.05, gt=0, le=1, description="Share of films that fit no micro-genre well."
    )
    proposals: int = Field(3, ge=1, description="Number of proposed micro-genres.")
