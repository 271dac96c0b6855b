"""What needs newer syntax than the oldest interpreter has; loaded where it can be."""
