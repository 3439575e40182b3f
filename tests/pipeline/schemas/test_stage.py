"""Declarations of stages."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.errors import StageError
from pipeline.schemas.stage import spec_of, stage


def split(films: pa.Table, least: int = 0) -> dict[str, pa.Table]:
    return {"films": films, "rejects": films.slice(0, 0)}


def test_a_declaration_is_read_back_and_leaves_the_function_as_it_is() -> None:
    declared = stage(
        "split",
        version=3,
        inputs=("films",),
        outputs=("films", "rejects", "g*"),
        streamed=("films",),
        conserves=("films", "films", "rejects"),
    )(split)
    assert declared is split
    spec = spec_of(split)
    assert (spec.name, spec.version, spec.streamed) == ("split", 3, {"films"})
    assert spec.declares_output("g00001")
    assert not spec.declares_output("others")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"inputs": ("movies",), "outputs": ()}, "movies"),
        ({"inputs": ("films",), "outputs": (), "streamed": ("points",)}, "points"),
        (
            {"inputs": ("films",), "outputs": ("films",), "conserves": ("films", "films", "outs")},
            "outs",
        ),
    ],
)
def test_a_wrong_declaration_names_what_is_wrong(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(StageError, match=named):
        stage("split", **wrong)(split)  # type: ignore[arg-type]


def test_a_function_without_declaration_is_no_stage() -> None:
    with pytest.raises(StageError, match="decorate it"):
        spec_of(len)
