"""From the raw dataset to records: prepare, one image, findings, splits, written."""
