"""Several days' reports together: the week, the month, a range."""
