"""From a diary to a checked report."""
