"""Loops over arrays that Numba compiles.

Only modules that have a way without them import from here, and only when `INRCore.fields.switch.is_compiled` says that
Numba is installed and not switched off. Compiled loops do not hold Python's lock, so threads do help, and they are kept
on disk (Numba's cache) for the next process.
"""
