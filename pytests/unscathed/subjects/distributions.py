"""What installed distributions say: their entry points, their versions, their libraries."""

import io
import os
import sys

try:
    from importlib import metadata
except ImportError:  # Before 3.8.
    metadata = None

GROUP = 'unscathed.subjects'
# What the files of extension modules end with, on every system that has interpreters for us.
EXTENSIONS = ('.so', '.pyd', '.dylib')


def offered(word):
    """The objects, as `module:attribute`, that distributions offer as the subject of this name."""
    found = []
    for name, value in modern() if metadata else ancient():
        if name == word and value not in found:
            found.append(value)
    return found


def modern():
    """The entry points of our group, as the interpreter finds them."""
    for distribution in metadata.distributions():
        for point in distribution.entry_points:
            if point.group == GROUP:
                yield point.name, plain(point.value)


def ancient():
    """The same for interpreters that have no reader of their own."""
    for folder in sys.path:
        if not os.path.isdir(folder or '.'):
            continue
        for name in sorted(os.listdir(folder or '.')):
            if name.endswith(('.dist-info', '.egg-info')):
                for point in read(os.path.join(folder, name, 'entry_points.txt')):
                    yield point


def read(path):
    """The entry points of our group in one file."""
    if not os.path.isfile(path):
        return
    ours = False
    with io.open(path, encoding='utf-8') as lines:
        for line in lines:
            line = line.strip()
            if line.startswith('['):
                ours = line.strip('[] ') == GROUP
            elif ours and '=' in line and not line.startswith(('#', ';')):
                name, value = line.split('=', 1)
                yield str(name.strip()), plain(str(value))


def plain(value):
    """An entry point without the extras that it asks for."""
    return value.split('[', 1)[0].strip()


def version_of(module):
    """The version that a module states, else its distribution."""
    stated = getattr(module, '__version__', None)
    if stated is None and metadata is not None:
        try:
            stated = metadata.version(module.__name__)
        except metadata.PackageNotFoundError:
            stated = None
    return 'unknown' if stated is None else str(stated)


def libraries(packages):
    """The files of the extension modules of these packages that are loaded."""
    files = set()
    for name, module in list(sys.modules.items()):
        path = getattr(module, '__file__', None)
        if path and path.endswith(EXTENSIONS) and top(name) in packages and not standard(path):
            files.add(path)
    return sorted(files)


def packages():
    """The packages that are imported so far."""
    return {top(name) for name in list(sys.modules)}


def top(name):
    return name.split('.', 1)[0]


def standard(path):
    """Whether a file belongs to the standard library."""
    folder = os.path.dirname(os.__file__) + os.sep
    inside = path[len(folder) :].split(os.sep, 1)[0]
    return path.startswith(folder) and inside not in ('site-packages', 'dist-packages')
