"""Who computes: one training at a time, and drafting and training never at once on one accelerator.

Two lock files in the data folder. ``training.lock`` is held as long as a training process exists, waiting or working;
``accelerator.lock`` by whoever has a model in memory. Both end with their processes. A drafting daemon that sees a
training come gives its model up between two drafts.
"""

from __future__ import annotations

from daemon.system.lock import FileLock

TRAINING, ACCELERATOR = "training.lock", "accelerator.lock"

__all__ = ["ACCELERATOR", "TRAINING", "FileLock"]
