"""Video files: frames are read, looked at in batches, drawn and written as a video. Sound is dropped."""

import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from pipeline.commands.predict.rate import Rate
from pipeline.commands.predict.run import Run
from pipeline.commands.predict.sources import Source
from pipeline.errors import PipelineError

# Both print what is wrong with a video, in many lines; the command says it in one. FFmpeg reads this when it is loaded.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

CODEC = "mp4v"
"""MPEG-4 part 2, the one that OpenCV's wheels can write without a library of the system."""

DEFAULT_FPS, MAX_FPS = 25.0, 1000.0

MISSING = 0.02
"""The share of the frames that a file declares and that may be missing, as some files give an estimate."""


class Frames:
    """The frames of a video file.

    Attributes:
        fps: Frames a second.
        count: The number of frames that the file declares; 0 if it declares none.
    """

    def __init__(self, file: str) -> None:
        """Open the file."""
        self._video = cv2.VideoCapture(file)
        fps = self._video.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0 < fps <= MAX_FPS else DEFAULT_FPS
        self.count = max(int(self._video.get(cv2.CAP_PROP_FRAME_COUNT)), 0)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the frames, uint8 [H, W, 3], RGB, until one cannot be decoded or has another size than the first."""
        size = None
        while True:
            read, frame = self._video.read()
            if not read or (size is not None and frame.shape != size):
                return
            size = frame.shape
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)

    def close(self) -> None:
        """Close the file."""
        self._video.release()


def count_frames(file: str) -> int:
    """Return the number of frames that a video file declares; 0 if it declares none or cannot be read."""
    frames = Frames(file)
    frames.close()
    return frames.count


def predict_video(source: Source, run: Run, advance: Callable[[float], None]) -> Rate | None:
    """Find the objects of a video's frames, and write them. A video that cannot be read is one line.

    Args:
        source: The file.
        run: What finds and writes.
        advance: Called with the number of frames that are done.

    Returns:
        The rate; None if no frame could be read.
    """
    frames, rate, done = Frames(source.file), Rate(), 0
    writer: Any = None
    try:
        pictures = iter(frames)
        while batch := list(islice(pictures, run.batch_size)):
            predictions, seconds = run.find(run.predictor.predict_pixels, batch)
            if writer is None and run.drawn is not None:
                writer = _writer(run.drawn / f"{source.stem}.mp4", frames.fps, batch[0])
            for frame, prediction in zip(batch, predictions, strict=True):
                done += 1
                if writer is not None:
                    drawn = run.draw(Image.fromarray(frame), prediction)
                    writer.write(cv2.cvtColor(np.asarray(drawn), cv2.COLOR_RGB2BGR))
                run.write(source.file, f"{source.stem}_frames/{done:06d}", prediction, done)
                advance(1)
            rate.add(len(batch), seconds)
    finally:
        frames.close()
        if writer is not None:
            writer.release()
    if not done:
        run.fail(f"{source.file}: not a video that can be read")
        return None
    if done < frames.count * (1 - MISSING) - 1:
        run.fail(f"{source.file}: only {done} of its {frames.count} frames can be read; these are done")
    else:
        run.done += 1
    return rate


def _writer(path: Path, fps: float, frame: np.ndarray) -> Any:
    """Open a video to write frames of the size of ``frame`` to.

    Raises:
        PipelineError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = frame.shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*CODEC), fps, (width, height))
    if not writer.isOpened():
        raise PipelineError(f"{path}: OpenCV cannot write a video of {width} × {height} px there")
    return writer
