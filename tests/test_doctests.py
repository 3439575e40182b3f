"""Run the examples of docstrings."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("microgenres", "flows", "pipeline", "serve", "benchmarks")
LEAST_EXAMPLES = 40


def modules_with_examples() -> list[str]:
    paths = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in paths
        if ">>> " in path.read_text(encoding="utf-8")
    ]


@pytest.mark.parametrize("module", modules_with_examples())
def test_examples_of_docstrings_are_right(module: str) -> None:
    result = doctest.testmod(
        import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    )
    assert result.failed == 0


def test_newcomers_find_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    documented = [
        test.name
        for name in modules_with_examples()
        for test in finder.find(import_module(name))
        if any(doctest.SKIP not in example.options for example in test.examples)
    ]
    assert len(documented) >= LEAST_EXAMPLES, documented
