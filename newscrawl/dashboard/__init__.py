"""Pictures of what came in, how fresh and how complete: for ``browse`` and for ``report``."""
