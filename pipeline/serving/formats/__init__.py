"""The formats in which a detector is exported beside its SavedModel. Their files end before the suppression."""
