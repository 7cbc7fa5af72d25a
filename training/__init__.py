"""The weekly side of nippo: fine-tuning, evaluation and export. Imports leaf modules of ``daemon`` only."""
