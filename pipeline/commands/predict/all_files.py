"""Does all files of the command ``predict``, and says what was done."""

import sys
from pathlib import Path

from pipeline.commands.predict.exit_codes import FINE, INTERRUPTED, SOME_FAILED
from pipeline.commands.predict.images import predict_images
from pipeline.commands.predict.run import Run
from pipeline.commands.predict.sources import Found
from pipeline.commands.predict.videos import count_frames, predict_video
from pipeline.errors import PipelineError
from pipeline.output_place import output_place
from pipeline.progress import progress_bar


def predict_all(found: Found, run: Run, folder: Path) -> int:
    """Find the objects of all files, write them, and print what was done.

    Args:
        found: The files.
        run: The run, which writes to ``folder``.
        folder: The folder of the output, which is made.

    Returns:
        The exit code.

    Raises:
        PipelineError: There can be no such folder, or nothing could be done.
    """
    with output_place(str(folder), "name another folder"):
        folder.mkdir(parents=True, exist_ok=True)
    return _closing_lines(run, found, folder, interrupted=_run(found, run))


def _run(found: Found, run: Run) -> bool:
    """Do all files, complete what was written, and return whether the user interrupted that."""
    try:
        _do_all(found, run)
    except KeyboardInterrupt:
        return True
    finally:
        run.close()
    return False


def _do_all(found: Found, run: Run) -> None:
    """Do all files, and print the rates."""
    for fault in found.faults:
        run.fail(fault)
    if found.passed_over:
        print(
            f"left out of the folders, as their names are of no image or video: {found.passed_over:,} files"
        )
    images = [source for source in found.sources if not source.video]
    if images:
        with progress_bar("images", len(images)) as advance:
            rate = predict_images(images, run, advance)
        if run.done:
            print(f"images: {rate.text('images')}")
    for video in (source for source in found.sources if source.video):
        with progress_bar(video.file, count_frames(video.file) or None) as advance:
            of_video = predict_video(video, run, advance)
        if of_video is not None:
            print(f"{video.file}: {of_video.text('frames')}")


def _closing_lines(run: Run, found: Found, folder: Path, *, interrupted: bool) -> int:
    """Print what was done, and return the exit code.

    Raises:
        PipelineError: Nothing was done.
    """
    files = len(found.sources) + len(found.faults)
    if interrupted:
        print(f"interrupted; {run.done} of {files} files were done before, in {folder}", file=sys.stderr)
        return INTERRUPTED
    if not run.pictures:
        raise PipelineError(f"none of {files} files could be read; nothing was written")
    print(f"{run.done} of {files} files, {run.objects:,} objects, in {folder}")
    return SOME_FAILED if run.failed else FINE
