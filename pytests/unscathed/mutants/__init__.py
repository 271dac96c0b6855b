"""Subjects that are wrong in exactly one way: each probe must convict one of them."""
