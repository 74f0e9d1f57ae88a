"""What ships: the SavedModels and the function that runs them over images."""
