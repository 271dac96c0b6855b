"""A task whose function is plain. This file needs the grammar of Python 3."""


async def task(function, *arguments):
    function(*arguments)
