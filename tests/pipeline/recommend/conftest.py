"""Small ratings that all tests of recommenders share."""

from __future__ import annotations

import pytest

from tests.support.ratings import RatingsData, create_ratings


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> RatingsData:
    """Synthetic ratings, prepared and split."""
    return create_ratings(tmp_path_factory.mktemp("ratings"))
