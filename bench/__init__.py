"""Benchmarks: what the project costs at scale, beside what others offer, in the same run."""
