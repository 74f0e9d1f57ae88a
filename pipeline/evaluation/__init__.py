"""Scores and plots from files alone; TensorFlow is never imported here."""
