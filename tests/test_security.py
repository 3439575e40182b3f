"""What holds for all the code: no pickle at rest, no code from data, no path out of place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import CorruptFileError, StoreError
from pipeline.execution.stage import Piece, Stage, work
from pipeline.fileio.manifest import FileRef
from pipeline.schemas.stage import stage
from pipeline.settings import NeighbourSettings
from pipeline.storage.work_store import Store, fingerprint

ROOT = Path(__file__).resolve().parents[1]
# Whatever unpickles, or runs what it reads. What Dask sends between processes stays in memory.
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
    for room in ("pipeline", "flows", "serve"):
        yield from (ROOT / room).rglob("*.py")


def names(tree: ast.AST) -> Iterator[str]:
    """What a module imports and calls, dotted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_nothing_unpickles_or_runs_what_it_reads() -> None:
    looked = list(files())
    assert len(looked) > 80
    for path in looked:
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
def test_names_from_data_lead_nowhere_else(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path / "out")
    table, mark = pa.table({"n": [1]}), "0" * 64
    for stage, key, output in ((name, "p", "t"), ("s", name, "t"), ("s", "p", name)):
        with pytest.raises(StoreError):
            store.commit(stage, key, mark, {output: table}, rows_in=1, seconds=0.0)
    with pytest.raises(StoreError):
        store.begin_release(name)
    with pytest.raises(StoreError):
        store.release(name)
    outside = [path for path in tmp_path.rglob("*") if tmp_path / "out" not in path.parents]
    assert outside == [tmp_path / "out"]


@pytest.mark.parametrize("path", ["../secret.parquet", "/etc/passwd", "work/../../secret.parquet"])
def test_a_manifest_cannot_point_outside_the_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.parquet").write_bytes(b"x")
    store = Store(tmp_path / "out")
    with pytest.raises(StoreError):
        store.read(FileRef(path, "0" * 64, 1, 1))


@stage("neighbours", inputs=("index",), outputs=())
def never_called(index: pa.Table, settings: NeighbourSettings) -> dict[str, pa.Table]:
    pytest.fail("it was given bytes that nobody committed")


def test_an_index_whose_bytes_were_altered_is_never_opened(tmp_path: Path) -> None:
    store = Store(tmp_path)
    table = pa.table({"index": pa.array([b"index" * 100], pa.large_binary())})
    made = store.commit("index", "all", "1" * 64, {"index": table}, rows_in=1, seconds=0.0)
    ref = made.outputs["index"]
    file = tmp_path / ref.path
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    stage = Stage.of(never_called, NeighbourSettings())
    with pytest.raises(CorruptFileError, match=r"index.*parquet"):
        work(str(tmp_path), stage, Piece("p", {"index": (ref,)}), fingerprint("x"))
