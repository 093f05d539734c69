"""Slices predicted from slices: blocks, directions, motion (the codec's second way, for volumes of sharp edges)."""
