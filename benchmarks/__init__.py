"""Measurements: `python -m benchmarks NAME…`. Figures hold for the machine they were taken on."""
