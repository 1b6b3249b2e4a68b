"""Search: how texts and queries of every script become tokens. Pure functions, no database."""
