"""Looking after a data dir: copies, comparing and rebuilding, forgetting, pruning."""
