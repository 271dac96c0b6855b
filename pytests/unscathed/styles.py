"""Modules of probes, as a subject's style needs them."""

import importlib


def load(name, style):
    """The module of probes with this name, for subjects that suspend in this style."""
    return importlib.import_module('unscathed.probes.' + name)
