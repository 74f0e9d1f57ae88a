"""The exported detectors and classifiers, and the functions that run them."""

from pipeline.serving.prediction import Prediction
from pipeline.serving.predictor import Predictor, load_predictor

__all__ = ["Prediction", "Predictor", "load_predictor"]
