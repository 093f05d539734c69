"""The errors a user may meet.

Every message names what is wrong, where, and what to do next, in one line, so that the panel, the console and the
command line can show it as it is. The command line turns each class into its own exit code.
"""


class INRError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command line ends with."""

    exit_code = 1


class InputError(INRError, ValueError):
    """The input (file, volume, settings) cannot be used as it is."""

    exit_code = 3


class OutputError(INRError, OSError):
    """The output cannot be written, or is there already and may not be overwritten."""

    exit_code = 4


class DeviceError(INRError, RuntimeError):
    """The requested device is missing, does not work, or has too little memory even for the smallest batch."""

    exit_code = 5
