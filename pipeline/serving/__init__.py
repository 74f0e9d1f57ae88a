"""What ships, the SavedModels, and the functions that run them over records."""
