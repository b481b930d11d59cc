"""Parts of `benchmarks/calibrate.py`."""
