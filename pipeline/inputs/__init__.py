"""The ``tf.data`` pipelines from TFRecords to batches: parsing, cropping, augmentation, mixing and class balance."""
