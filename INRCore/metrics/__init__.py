"""Measurements of results, each with its source and its units: images, surfaces and label maps, deformations."""
