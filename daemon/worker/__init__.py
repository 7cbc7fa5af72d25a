"""The process of its own that holds the model."""
