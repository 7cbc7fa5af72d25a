"""One training run: what is asked, steps, checkpoints, progress."""
