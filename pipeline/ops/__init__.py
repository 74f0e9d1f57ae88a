"""Pure tensor arithmetic: no parameters, no disk, no hidden randomness."""
