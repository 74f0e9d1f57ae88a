"""Model directories, weights files of Keras, and checkpoints of Model Garden."""
