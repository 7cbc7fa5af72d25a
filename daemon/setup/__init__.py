"""Installing, examining and showing nippo."""
