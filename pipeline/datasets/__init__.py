"""From anyone's files to TFRecords and tf.data: sources, formats, table, checks, splits, records, augmentation."""
