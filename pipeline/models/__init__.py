"""The backbones of the zoo, the classifier, and one file a detector."""
