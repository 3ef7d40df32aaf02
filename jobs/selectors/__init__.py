"""Reads that more than one door uses."""
