"""The side of the four panels that they share. Only the module files import it: it needs Slicer's Qt and application.

`worker` and `logic` know no Qt, `process` and `panel` know neither torch nor files of volumes.
"""
