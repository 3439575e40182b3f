"""What happens from one release to the next."""

from __future__ import annotations

from pydantic import Field

from pipeline.settings.base import Section

__all__ = ["DriftSettings", "IdentitySettings", "NoveltySettings", "UpdateSettings"]


class IdentitySettings(Section):
    """When a micro-genre of a new mining is one of the release before."""

    same_share: float = Field(
        0.3,
        gt=0,
        le=1,
        description="Overlap in films (Dice: 0 to 1) from which it is the same; half will do where "
        "the centroids are alike too.",
    )
    same_likeness: float = Field(
        0.9, gt=0, le=1, description="Cosine from which two centroids are alike."
    )
    origin_share: float = Field(
        0.5, gt=0, le=1, description="Share of films that makes it split from another, or merged."
    )


class UpdateSettings(Section):
    """How a release is brought up to date without mining afresh."""

    encode_here: int = Field(
        2_000, ge=0, description="More new texts than this are encoded on the cluster."
    )


class NoveltySettings(Section):
    """Films that fit nothing well, and what they could become."""

    quantile: float = Field(
        0.02,
        ge=0,
        le=0.5,
        description="A film less like its centroid than this share of the mined ones is novel.",
    )
    min_films: int = Field(8, ge=2, description="Novel films that make up a proposed micro-genre.")
    likeness: float = Field(
        0.5, gt=0, le=1, description="Mean cosine between the films of a proposal, at least."
    )
    most_films: int = Field(
        5_000, ge=10, description="Most novel films searched for proposals, the least alike first."
    )


class DriftSettings(Section):
    """How far a catalogue may drift from the last mining before another one is due."""

    ks: float = Field(
        0.08, gt=0, le=1, description="Kolmogorov-Smirnov distance of the similarities."
    )
    psi: float = Field(0.1, gt=0, description="Population stability index of the similarities.")
    vocabulary: float = Field(
        0.05, gt=0, le=1, description="Growth of the share of keyword uses that are unknown."
    )
    centroid_shift: float = Field(
        0.02, gt=0, le=2, description="1 - cosine of a micro-genre's mean and centroid, on average."
    )
    growth: float = Field(
        0.1,
        gt=0,
        le=1,
        description="Share of films that would have to change micro-genre for the "
        "sizes to be those of the mining.",
    )
    novel: float = Field(0.05, gt=0, le=1, description="Share of films that fit nothing well.")
    proposals: int = Field(3, ge=1, description="Proposed micro-genres.")
