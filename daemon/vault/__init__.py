"""What is in an Obsidian vault, and the one way to write into it."""
