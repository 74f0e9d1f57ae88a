"""Scores and plots of predictions, computed from files alone and without TensorFlow."""
