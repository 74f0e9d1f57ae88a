"""What a person types after ``python -m pipeline``, a module a command."""
