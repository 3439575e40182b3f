"""Manifests and fingerprints."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import StoreError
from pipeline.fileio.manifest import fingerprint


def test_fingerprint_is_canonical() -> None:
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": (2,), "a": 1})
    assert fingerprint("a", "b") != fingerprint("ab")
    assert fingerprint(1) != fingerprint("1")
    assert fingerprint() == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    for part in ({1, 2}, float("nan"), np.int64(3), object()):
        with pytest.raises(StoreError, match="plain JSON"):
            fingerprint(part)
