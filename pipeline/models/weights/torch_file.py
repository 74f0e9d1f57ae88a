"""Tensors of a PyTorch weights file, read without PyTorch.

The file is a pickle, which may name any function to call. This reader refuses all names but those of tensors.
"""

import pickle
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from pipeline.errors import PipelineError, one_line

_MAGIC = 0x1950A86A20F9469CFC6C
_DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class _Storage(NamedTuple):
    """A block of numbers that tensors are views of. The file holds the blocks after all tensors."""

    key: str
    dtype: str
    length: int


class _Tensor(NamedTuple):
    """A view of a storage: the index of its first number, its shape and its strides, counted in numbers."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Reads a dict of tensors, and refuses every other object."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a name of PyTorch."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Tensor(storage, offset, shape, strides)
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"it holds {module}.{name}, which is no tensor")

    def persistent_load(self, pid: Any) -> _Storage:
        """Return the storage that ``pid``, ("storage", dtype, key, device, length, None), describes."""
        _, dtype, key, _, length, _ = pid
        return _Storage(key, dtype, length)


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Read a file that ``torch.save`` wrote in the format before PyTorch 1.6.

    Returns:
        Name -> array of float32 or int64.

    Raises:
        PipelineError: The file holds something other than a dict of tensors, or breaks off.
    """
    try:
        with path.open("rb") as file:
            if _Unpickler(file).load() != _MAGIC:
                raise pickle.UnpicklingError("it is no PyTorch file of the format before 1.6")
            _Unpickler(file).load()  # the version of the format
            _Unpickler(file).load()  # the sizes of C's types, which are not needed
            tensors: dict[str, _Tensor] = _Unpickler(file).load()
            order: Sequence[str] = _Unpickler(file).load()
            storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
            numbers = {key: _read_storage(file, storages[key]) for key in order}
        return {name: _array(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()}
    except (pickle.UnpicklingError, AttributeError, EOFError, KeyError, TypeError, ValueError) as error:
        raise PipelineError(f"weights file {path}: {one_line(error)}") from None


def _read_storage(file: BinaryIO, storage: _Storage) -> np.ndarray:
    """Read one block: the count of its numbers as int64, then the numbers."""
    count = int(np.frombuffer(file.read(8), "<i8")[0])
    numbers = np.frombuffer(file.read(count * np.dtype(storage.dtype).itemsize), storage.dtype)
    if count != storage.length or len(numbers) != count:
        raise ValueError("the file breaks off")
    return numbers


def _array(tensor: _Tensor, numbers: np.ndarray) -> np.ndarray:
    """Return a copy of the view. The tensors of these files are not contiguous, so the strides count."""
    last = tensor.offset + sum(
        (side - 1) * stride for side, stride in zip(tensor.shape, tensor.strides, strict=True)
    )
    if min((*tensor.shape, *tensor.strides, 0)) < 0 or tensor.offset < 0 or last >= max(len(numbers), 1):
        raise ValueError("a tensor reaches beyond its numbers")
    strides = [stride * numbers.itemsize for stride in tensor.strides]
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, strides).copy()
