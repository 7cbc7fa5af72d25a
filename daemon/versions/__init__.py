"""Trained versions, the champion among them, and their GGUF twins."""
