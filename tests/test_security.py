"""Rules for all code: no pickle at rest, no code from data, no path outside its folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import CorruptFileError, StoreError
from pipeline.execution.stage import Piece, Stage, run_piece
from pipeline.fileio.manifest import FileRef, fingerprint
from pipeline.schemas.stage import stage
from pipeline.settings import NeighbourSettings
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.work_store import WorkStore

ROOT = Path(__file__).resolve().parents[1]
# Functions that unpickle, or run what they read. What Dask pickles stays in memory.
FORBIDDEN = {
    "pickle",
    "cPickle",
    "cloudpickle",
    "dill",
    "joblib",
    "shelve",
    "marshal",
    "runpy",
    "torch.load",
    "numpy.load",
    "np.load",
    "pandas.read_pickle",
    "pd.read_pickle",
    "yaml.load",
    "eval",
    "exec",
    "compile",
    "os.system",
    "os.popen",
}


def files() -> Iterator[Path]:
    for package in ("pipeline", "flows", "serve", "microgenres"):
        yield from (ROOT / package).rglob("*.py")


def names(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names of what a module imports and calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_nothing_unpickles_or_runs_what_it_reads() -> None:
    checked = list(files())
    assert len(checked) > 80
    for path in checked:
        used = set(names(ast.parse(path.read_text(encoding="utf-8"))))
        assert not used & FORBIDDEN, path


def test_no_shell_and_no_remote_code() -> None:
    for path in files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in (
                "shell",
                "trust_remote_code",
                "allow_pickle",
            ):
                assert isinstance(node.value, ast.Constant) and node.value.value is False, path


@pytest.mark.parametrize("name", ["../x", "a/b", "..", ".", "/etc/x", "", "a\0b", ".hidden"])
def test_names_from_data_cannot_be_paths(tmp_path: Path, name: str) -> None:
    store, releases = WorkStore(tmp_path / "out"), ReleaseStore(tmp_path / "out")
    table, mark = pa.table({"n": [1]}), "0" * 64
    for folder, key, output in ((name, "p", "t"), ("s", name, "t"), ("s", "p", name)):
        with pytest.raises(StoreError):
            store.commit(folder, key, mark, {output: table}, rows_in=1, seconds=0.0)
    with pytest.raises(StoreError):
        releases.begin(name)
    with pytest.raises(StoreError):
        releases.folder(name)
    outside = [path for path in tmp_path.rglob("*") if tmp_path / "out" not in path.parents]
    assert outside == [tmp_path / "out"]


@pytest.mark.parametrize("path", ["../secret.parquet", "/etc/passwd", "work/../../secret.parquet"])
def test_a_manifest_cannot_point_outside_the_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.parquet").write_bytes(b"x")
    store = WorkStore(tmp_path / "out")
    with pytest.raises(StoreError):
        store.read(FileRef(path, "0" * 64, 1, 1))


@stage("neighbours", inputs=("index",), outputs=())
def never_called(index: pa.Table, settings: NeighbourSettings) -> dict[str, pa.Table]:
    pytest.fail("it was called with bytes that were not committed")


def test_an_altered_index_is_never_opened(tmp_path: Path) -> None:
    store = WorkStore(tmp_path)
    table = pa.table({"index": pa.array([b"index" * 100], pa.large_binary())})
    manifest = store.commit("index", "all", "1" * 64, {"index": table}, rows_in=1, seconds=0.0)
    ref = manifest.outputs["index"]
    file = tmp_path / ref.path
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    stage = Stage.of(never_called, NeighbourSettings())
    with pytest.raises(CorruptFileError, match=r"index.*parquet"):
        run_piece(str(tmp_path), stage, Piece("p", {"index": (ref,)}), fingerprint("x"))
