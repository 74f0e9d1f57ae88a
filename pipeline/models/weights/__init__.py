"""Weights on disk: model directories, Keras files and checkpoints of Model Garden."""
