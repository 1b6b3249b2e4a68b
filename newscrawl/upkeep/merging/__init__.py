"""Folding another store into this one, a module for each part of a store.

:mod:`newscrawl.upkeep.merge` puts them together.
"""
