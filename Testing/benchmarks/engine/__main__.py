"""`python -m Testing.benchmarks.engine`."""

from INRCore.process import keep_freed_memory

if __name__ == "__main__":
    # As `python -m INRCore` does, and before torch is loaded: INRCore puts its idle threads to sleep.
    keep_freed_memory()
    from .command import main

    main()
