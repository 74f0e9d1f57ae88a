"""Transfer learning and object detection on TensorFlow, as reproducible and cached DVC stages.

Each module of :mod:`pipeline.stages` is one stage of ``dvc.yaml``: a function of files and of one section of
``params.yaml``. The stages are composed of the other packages. ``ARCHITECTURE.md`` says which package may import which.
"""

import os

# Keras 2 is the only version that Model Garden, keras-cv and tf_keras.applications all support. TensorFlow reads this
# variable when it is imported, so it must be set before.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
