"""What every room stands on: locks, the accelerator, hardware, files, and what ships with nippo."""
