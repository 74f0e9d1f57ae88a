"""The sources that the download stage gets a dataset from."""
