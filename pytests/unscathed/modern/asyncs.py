"""Asynchronous functions for probes of what asyncio keeps for each thread: Python 3.5."""


async def calling(function):
    """Calls it within a task."""
    return function()


async def numbers():
    """An asynchronous generator, where there are such: Python 3.6."""
    yield 1
