"""The codec 'pyramid': quantised lattices of integer wavelets under a learned entropy model. NumPy alone."""
