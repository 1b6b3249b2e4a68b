"""Random sequences of everything that a user does and everything that happens, from a seed."""
