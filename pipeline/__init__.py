"""Transfer learning and object detection on TensorFlow, as reproducible and cached DVC stages.

Each module of :mod:`pipeline.stages` is one stage of ``dvc.yaml``: a function of files and of one
section of ``params.yaml``. The rest of the package is what the stages are made of; ``ARCHITECTURE.md``
says which room may import which.
"""

import os

# Model Garden, keras-cv and tf_keras.applications share only Keras 2; chosen before TensorFlow loads.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
