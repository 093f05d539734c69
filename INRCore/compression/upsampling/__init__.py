"""Slices made small, coded, and made large again by a trained network (Sheibanifard and Yu; SRDenseNet)."""
