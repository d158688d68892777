"""Matching, rules and simulated participants: pure, on integers, deterministic from a seed and virtual time."""
