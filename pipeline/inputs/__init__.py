"""From TFRecords to ``tf.data``: examples, crops, scenes, augmentation, mixing and class balance."""
