"""The exported detectors and classifiers, and the functions that run them."""

from pipeline.serving.loading import load_predictor
from pipeline.serving.prediction import Prediction
from pipeline.serving.predictor import Predictor

__all__ = ["Prediction", "Predictor", "load_predictor"]
