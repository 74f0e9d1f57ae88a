"""The zoo: the backbones that the classifier and the detectors are built on."""
