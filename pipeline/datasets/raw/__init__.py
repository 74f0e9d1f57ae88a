"""Reading the files of ``data/raw``, which anybody may have written: they may be broken, large or malicious."""
