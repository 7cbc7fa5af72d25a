"""Pairs of diary and report: rows, choice, order, tokens."""
