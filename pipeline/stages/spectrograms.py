"""Turn the recordings of a dataset into pictures of their spectrograms.

Reads:
    raw: The dataset, as the stage ``download`` left it.

Writes:
    pictures: A PNG in place of each ``.wav`` file, and all other files as they are. In CSV files, the names that end in
        ``.wav`` end in ``.png``.
"""

import re
import shutil
import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import wavfile

from pipeline.artifacts import whole, written_by
from pipeline.errors import PipelineError
from pipeline.ops.log_mel import fitted, log_mel_picture
from pipeline.params.dataset import DatasetSound, Sound
from pipeline.progress import progress_bar, timed_result
from pipeline.stage import stage_main

_NAME = re.compile(rb"\.wav\b", re.IGNORECASE)


def run(dataset: DatasetSound, *, raw: Path, pictures: Path) -> None:
    """Convert all recordings. Those that cannot be read are named and left out."""
    written_by("download", raw)
    with timed_result(pictures) as done, whole(pictures, directory=True) as folder:
        files = sorted(path for path in raw.rglob("*") if path.is_file())
        recordings = [path for path in files if path.suffix.lower() == ".wav"]
        if not recordings:
            raise PipelineError(f"{raw}: there is no .wav file; set dataset.images to raw if it holds images")
        for path in files:
            if path.suffix.lower() != ".wav":
                _copy(path, folder / path.relative_to(raw))
        broken = []
        with progress_bar("computing spectrograms", len(recordings)) as advance:
            for path in recordings:
                target = (folder / path.relative_to(raw)).with_suffix(".png")
                try:
                    _write(path, target, dataset.sound)
                except ValueError as error:
                    broken.append(f"{path.relative_to(raw)}: {error}")
                advance(1)
        for line in broken:
            print(f"left out: {line}", file=sys.stderr)
        if len(broken) == len(recordings):
            raise PipelineError(f"{raw}: none of the {len(recordings):,} recordings can be read")
        left_out = f", {len(broken):,} left out" if broken else ""
        done(f"spectrograms: {len(recordings) - len(broken):,} pictures{left_out}")


def read_waveform(path: Path) -> tuple[np.ndarray, int]:
    """Read a recording, and average its channels.

    Returns:
        float32 [N], in [-1, 1], and the samples of a second.

    Raises:
        ValueError: The file is no recording, or has no samples.
    """
    try:
        rate, samples = wavfile.read(path)
    except (OSError, EOFError, IndexError, UnicodeError, struct.error) as error:
        raise ValueError(str(error)) from None
    if samples.dtype == np.uint8:
        samples = (samples.astype(np.float32) - 128) / 128
    elif np.issubdtype(samples.dtype, np.integer):
        samples = samples.astype(np.float32) / np.iinfo(samples.dtype).max
    samples = np.asarray(samples, np.float32)
    if not samples.size or not np.isfinite(samples).all():
        raise ValueError("it has no samples" if not samples.size else "it has samples that are not finite")
    return samples.mean(axis=1) if samples.ndim == 2 else samples, int(rate)


def _write(path: Path, target: Path, sound: Sound) -> None:
    waveform, rate = read_waveform(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(log_mel_picture(fitted(waveform, rate, sound.seconds), rate, sound)).save(target)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".csv":
        target.write_bytes(_NAME.sub(b".png", path.read_bytes()))
    else:
        shutil.copyfile(path, target)


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
