"""Losses of the four tasks, one file per kind; each names its source paper and its units."""
