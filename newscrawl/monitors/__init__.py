"""Watching the crawl: what is judged at the end of a run, and who is told.

Spidermon (group ``monitor``) is loaded by ``suite`` and ``notices`` alone, when a run has ended.
"""
