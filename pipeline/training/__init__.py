"""Training: the loop, schedules, optimizers, and the callbacks that watch and steer it."""
