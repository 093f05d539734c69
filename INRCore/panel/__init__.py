"""The side of the four panels that they share. Only the module files import it: it needs Slicer's Qt and application.

From a click to a result: `panel` turns the `parameters` into a request; `logic` writes its nodes (`files`) and a job;
`queue` runs one job after the other, each in a `process` that talks through `worker`; `logic` brings the results in and
`undo` takes them out again. `run_section`, `result_section`, `device_section`, `live` and `display` show what happens;
`reproduce` says how to repeat it. No file here imports torch; `worker`, `logic`, `undo` and `reproduce` know no Qt.
"""
