"""The output of a conversion: records, masks and tables, or the list of faults of a dataset that is refused."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.artifacts import remove
from pipeline.datasets.checks.verdict import refusal, with_stops
from pipeline.datasets.conversion.spool import Spool
from pipeline.datasets.converted.issues import write_issues
from pipeline.datasets.converted.keypoint_list import write_keypoints
from pipeline.datasets.converted.labels import write_labels
from pipeline.datasets.converted.mask_list import MaskList
from pipeline.datasets.converted.tables import write_images, write_objects
from pipeline.datasets.converted.tiling import TILED_SPLITS, Tiling, tiles_of_split, write_tiling
from pipeline.datasets.records.files import ShardWriter
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.splits import HELD_OUT_FIRST
from pipeline.errors import PipelineError
from pipeline.params.convert import Convert


def write_splits(out: Path, splits: pd.Series, spool: Spool, settings: Convert) -> None:
    """Write the records of each split, the masks of val and test, and the tiles of train and val if there are any.

    Args:
        splits: The splits, indexed by the rows of the images, in the order of the records.
        settings: The number of records in a file, and how pictures are cut.
    """
    with MaskList(out) as masks:
        for split in HELD_OUT_FIRST:
            with ShardWriter(out, split, settings.images_per_shard) as shards:
                for row in splits.index[splits == split].tolist():
                    record, runs = spool.read(row)
                    shards.write(record)
                    if split != "train":
                        masks.add(row + 1, runs)
    if settings.tile is not None:
        counts = {
            split: _write_tiles(out, split, splits.index[splits == split].tolist(), spool, settings)
            for split in TILED_SPLITS
        }
        write_tiling(Tiling(settings.tile, settings.tile_overlap, counts), out)


def _write_tiles(out: Path, split: str, rows: Sequence[int], spool: Spool, settings: Convert) -> int:
    """Write the tiles of the images of a split, and return how many there are.

    Raises:
        PipelineError: The split has images, but no tile.
    """
    with ShardWriter(out, tiles_of_split(split), settings.images_per_shard) as shards:
        for row in rows:
            for record in spool.read_tiles(row):
                shards.write(record)
    if rows and not shards.records:
        raise PipelineError(
            f"no tile of the {split} split has an object, and convert.tile_negatives is {settings.tile_negatives}; "
            "set it higher, or convert.tile to null"
        )
    return shards.records


def write_tables(table: AnnotationTable, out: Path) -> None:
    """Write the tables of images, objects, classes and issues and, if there are keypoints, theirs."""
    write_images(table, out)
    write_objects(table, out)
    write_labels(table.class_names, out)
    write_keypoints(table, out)
    write_issues(table.issues, out / "issues.csv")


def refuse_unfit(table: AnnotationTable, settings: Convert, *, rejected: Path) -> None:
    """Refuse a dataset that is not fit to be used, and list its issues.

    Args:
        table: The checked table, with all issues.
        settings: The rules, and the share of faulty images that is accepted.
        rejected: The list of a refused dataset. It is removed if the dataset is accepted.

    Raises:
        PipelineError: The dataset is refused; see :func:`refusal`.
    """
    refused = refusal(table, settings)
    if refused:
        write_issues(with_stops(table, settings).issues, rejected)
        raise PipelineError(f"{refused.reason}{refused.examples}; all issues are listed in {rejected}")
    remove(rejected)
