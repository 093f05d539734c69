"""The command line `python -m INRCore COMMAND ...`; its words and exit codes are stable."""
