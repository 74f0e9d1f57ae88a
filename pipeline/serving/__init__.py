"""The exported SavedModels, and the functions that run them over records."""
