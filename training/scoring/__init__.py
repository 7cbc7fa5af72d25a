"""How good reports and versions are."""
