"""Speed, as a ratio of two things measured in the same run: `python -m benchmarks.speed NAME`."""
