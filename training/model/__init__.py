"""The base model and what training changes in it."""
