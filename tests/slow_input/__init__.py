"""Slow input: whatever foreign text holds, reading it takes less than a second and breaks nothing.

``python -m tests.slow_input.run`` tries everything; pytest a share of it.
"""
