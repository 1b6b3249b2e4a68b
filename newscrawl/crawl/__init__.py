"""One run: what it is asked for, what it decides, counts, and how it is judged."""
