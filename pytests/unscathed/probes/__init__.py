"""Experiments: `NAME(subject, seen)` in the module `MODULE` is the probe `MODULE.NAME`."""
