"""Training: the learner, learning-rate schedules, optimizers, callbacks, and the recipes that combine them."""
