"""The checked records and masks, written split by split."""

from pathlib import Path

import pandas as pd

from pipeline.datasets.conversion.spool import Spool
from pipeline.datasets.converted.mask_list import MaskList
from pipeline.datasets.records.files import ShardWriter
from pipeline.datasets.table.splits import HELD_OUT_FIRST


def write_splits(out: Path, splits: pd.Series, spool: Spool, images_per_shard: int) -> None:
    """Write the records of each split, and the masks that predictions are held to."""
    with MaskList(out / "masks.csv") as masks:
        for split in HELD_OUT_FIRST:
            with ShardWriter(out, split, images_per_shard) as shards:
                for row in splits.index[splits == split].tolist():
                    record, runs = spool.read(row)
                    shards.write(record)
                    if split != "train":
                        masks.add(row + 1, runs)
