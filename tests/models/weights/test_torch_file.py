"""Weights files of PyTorch, which the tests write as ``torch.save`` did before version 1.6."""

import pickle
import sys
from collections import OrderedDict
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pipeline.errors import PipelineError
from pipeline.models.weights.torch_file import read_tensors

MAGIC = 0x1950A86A20F9469CFC6C


class FakeStorage:
    def __init__(self, key: str, numbers: np.ndarray) -> None:
        self.key, self.numbers = key, numbers


class FakeTensor:
    """Pickles itself as a tensor of PyTorch does."""

    def __init__(
        self, storage: FakeStorage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        self.arguments = (storage, offset, shape, strides, False, OrderedDict())

    def __reduce__(self) -> Any:
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.arguments  # type: ignore[attr-defined]


class Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Any:
        if not isinstance(obj, FakeStorage):
            return None
        kind = "FloatStorage" if obj.numbers.dtype == np.float32 else "LongStorage"
        return "storage", getattr(sys.modules["torch"], kind), obj.key, "cpu", len(obj.numbers), None


@pytest.fixture
def _torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put empty modules of PyTorch's names in place, so that the pickles name what real ones do."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")

    def rebuild(*_: Any) -> None: ...

    rebuild.__module__, rebuild.__qualname__, rebuild.__name__ = "torch._utils", *["_rebuild_tensor_v2"] * 2
    utils._rebuild_tensor_v2 = rebuild  # type: ignore[attr-defined]
    for name in ("FloatStorage", "LongStorage"):
        setattr(torch, name, type(name, (), {"__module__": "torch"}))
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def write(path: Path, tensors: dict[str, Any], storages: list[FakeStorage]) -> Path:
    with path.open("wb") as file:
        for value in (MAGIC, 1001, {"little_endian": True}, tensors, [storage.key for storage in storages]):
            Pickler(file, protocol=2).dump(value)
        for storage in storages:
            file.write(len(storage.numbers).to_bytes(8, "little") + storage.numbers.tobytes())
    return path


@pytest.mark.usefixtures("_torch")
def test_strides_and_offsets_are_honoured(tmp_path: Path) -> None:
    floats = FakeStorage("1", np.arange(12, dtype=np.float32))
    counts = FakeStorage("2", np.array([7], np.int64))
    tensors = {
        "a": FakeTensor(floats, 0, (3, 4), (4, 1)),
        "transposed": FakeTensor(floats, 0, (4, 3), (1, 4)),
        "part": FakeTensor(floats, 5, (2,), (1,)),
        "scalar": FakeTensor(counts, 0, (), ()),
    }
    found = read_tensors(write(tmp_path / "w.pth", tensors, [floats, counts]))
    whole = np.arange(12, dtype=np.float32).reshape(3, 4)
    np.testing.assert_array_equal(found["a"], whole)
    np.testing.assert_array_equal(found["transposed"], whole.T)
    np.testing.assert_array_equal(found["part"], [5, 6])
    assert found["scalar"] == 7


@pytest.mark.usefixtures("_torch")
@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(0, (13,), (1,)), (-1, (2,), (1,)), (0, (2,), (-1,)), (6, (3, 4), (4, 1))],
)
def test_a_tensor_beyond_its_numbers_is_refused(
    offset: int, shape: tuple[int, ...], strides: tuple[int, ...], tmp_path: Path
) -> None:
    storage = FakeStorage("1", np.arange(12, dtype=np.float32))
    path = write(tmp_path / "w.pth", {"a": FakeTensor(storage, offset, shape, strides)}, [storage])
    with pytest.raises(PipelineError, match="a tensor reaches beyond its numbers"):
        read_tensors(path)


@pytest.mark.usefixtures("_torch")
def test_a_file_that_breaks_off_is_refused(tmp_path: Path) -> None:
    storage = FakeStorage("1", np.arange(12, dtype=np.float32))
    path = write(tmp_path / "w.pth", {"a": FakeTensor(storage, 0, (12,), (1,))}, [storage])
    content = path.read_bytes()
    for length in (0, 20, 60, len(content) - 50, len(content) - 3):
        path.write_bytes(content[:length])
        with pytest.raises(PipelineError, match=f"weights file {path}: ."):
            read_tensors(path)


class Harmful:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("harmed"),)


def test_a_function_in_the_file_is_refused_and_not_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "w.pth", {"a": Harmful()}, [])
    with pytest.raises(PipelineError, match="which is no tensor"):
        read_tensors(path)
    assert not Path("harmed").exists()
