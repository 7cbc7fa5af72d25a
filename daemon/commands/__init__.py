"""The commands of `nippo`, one module each; ``daemon.cli`` calls every ``register(app)``."""
