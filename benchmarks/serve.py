"""Speed and size of the exported detector: test images through its SavedModel, decoding and suppression included.

python -m benchmarks.serve [--batch 16] [--rounds 5]
"""

import argparse
import time
from pathlib import Path
from statistics import median

import pipeline  # noqa: F401  -- chooses Keras 2, before TensorFlow is imported

CONVERTED = Path("data/converted")
DETECTOR = Path("models/exported/detector")


def main() -> None:
    """Print images a second, the median of some rounds over the test split, and megabytes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    import tensorflow as tf

    from pipeline.inputs.examples import records
    from pipeline.serving.saved_model import load

    detect = load(DETECTOR).signatures["serving_default"]
    encoded = [example.encoded for example in records(CONVERTED, "test").as_numpy_iterator()]
    batches = [
        tf.constant(encoded[start : start + options.batch]) for start in range(0, len(encoded), options.batch)
    ]
    rates = []
    for _ in range(options.rounds + 1):
        start = time.perf_counter()
        for batch in batches:
            detect(batch)["boxes"].numpy()
        rates.append(len(encoded) / (time.perf_counter() - start))
    size = sum(path.stat().st_size for path in DETECTOR.rglob("*") if path.is_file())
    print(f"{median(rates[1:]):.1f} images/s, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
