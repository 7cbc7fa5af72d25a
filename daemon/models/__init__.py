"""Base models: references, sources and their download."""
