"""Faults on demand: what may be asked for, what is struck and when, what a frame becomes (all pure)."""
