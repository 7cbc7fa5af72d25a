"""Person names in a diary."""
