"""From what the command line names to a subject.

`reach` tries in this order: what is built in, a file, what installed distributions offer,
the packages whose interface is their own, any module with greenlet's interface. How a
package is reached depends on its name; what is found of it never does.
"""

import importlib
import os
import platform
import sys
import types

from unscathed.subjects import distributions, greenlets
from unscathed.subjects.shape import Refused, checked, named, told

__all__ = ['Refused', 'capabilities', 'loaded', 'reach']

# Subjects that every interpreter has, by module of ours and class.
BUILT_IN = {
    'threads': ('threads', 'Threads'),
    'generators': ('generators', 'Generators'),
    'async': ('coroutines', 'Coroutines'),
}

# The CPython core is a subject too, but a library of its own: our name for it, and its name.
CORE, CORE_MODULE = 'unscathed', 'unscathed_core'

# Packages with an interface of their own: the module to import, our module and class.
ADAPTERS = {
    'tealet': ('tealet', 'tealets', 'Tealets'),
    '_continuation': ('_continuation', 'continulets', 'Continulets'),
    'gevent': ('gevent', 'gevents', 'Gevents'),
    'eventlet': ('eventlet', 'eventlets', 'Eventlets'),
    'fibers': ('fibers', 'fibers', 'Fibers'),
    'stackless': ('stackless', 'stackless', 'Tasklets'),
    'stackless-hard': ('stackless', 'stackless', 'HardTasklets'),
    'pyodide': ('pyodide', 'pyodide', 'Stacks'),
}

# Subjects that are wrong on purpose: `mutant:MODULE.CLASS`.
MUTANT = 'mutant:'

# The packages that were imported to reach a subject, by its class and name.
brought = {}


def reach(word):
    """The subject that the command line names, or `Refused` with the reason."""
    before = distributions.packages()
    subject = find(word)
    # A second time there is nothing left to import.
    brought.setdefault((type(subject), subject.name), distributions.packages() - before)
    return subject


def find(word):
    if word.startswith(MUTANT):
        return mutant(word)
    if word == CORE:
        return core(word)
    if word in BUILT_IN:
        return built_in(word)
    if '.py:' in word:
        return in_file(word)
    offers = distributions.offered(word)
    if offers:
        return of_distribution(word, offers)
    if word in ADAPTERS:
        return adapted(word)
    return with_greenlets_interface(word)


def capabilities(subject):
    """The words for what a subject can do."""
    return set(subject.capabilities)


def loaded(subject):
    """The files of the extension modules that are loaded of what was imported to reach it."""
    return distributions.libraries(brought.get((type(subject), subject.name), ()))


def prepare(word):
    """Imports what a mutant needs, before copies of this process become subjects."""
    if word.startswith(MUTANT):
        mutants = word[len(MUTANT) :].rpartition('.')[0]
        try:
            importlib.import_module('unscathed.mutants.' + mutants)
        except Exception:  # The copy will say so.
            return


def mutant(word):
    module, _, name = word[len(MUTANT) :].rpartition('.')
    return instance(word, attribute(word, ours('unscathed.mutants.' + module, word), name))


def built_in(word):
    module, name = BUILT_IN[word]
    return instance(word, getattr(ours('unscathed.subjects.' + module, word), name))


def core(word):
    """The CPython core, which says itself whom it is not for."""
    try:
        importlib.import_module(CORE_MODULE)
    except ImportError as error:
        if absent(CORE_MODULE, error):
            raise Refused('the CPython core is not part of this installation: there is no `%s`' % CORE_MODULE)
        raise Refused('the CPython core cannot be imported: %s' % told(error))
    return instance(word, ours('unscathed.subjects.core', word).Core)


def in_file(word):
    """`PATH.py:Class`; what lies beside the file can be imported by it."""
    path, _, name = word.rpartition(':')
    if not os.path.isfile(path):
        raise Refused('there is no file `%s`' % path)
    module = types.ModuleType('adapter_' + os.path.basename(path)[: -len('.py')])
    module.__file__ = path
    sys.modules[module.__name__] = module
    folder = os.path.dirname(os.path.abspath(path))
    if folder not in sys.path:
        # Last, so that nothing in it hides a package that is installed.
        sys.path.append(folder)
    try:
        with open(path, 'rb') as source:
            code = compile(source.read(), path, 'exec', dont_inherit=True)
        exec(code, module.__dict__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # A file that exits is refused as one that fails.
        raise Refused('the file `%s` cannot be loaded: %s' % (path, told(error)))
    return instance(word, attribute(word, module, name))


def of_distribution(word, offers):
    """What an entry point of an installed distribution names."""
    if len(offers) > 1:
        raise Refused('several distributions offer a subject `%s`: %s' % (word, named(offers)))
    module, _, names = offers[0].partition(':')
    thing = imported(module.strip(), word)
    for name in names.strip().split('.'):
        thing = attribute(word, thing, name)
    return instance(word, thing)


def adapted(word):
    """A package whose interface one of our adapters knows."""
    needed, ours_, name = ADAPTERS[word]
    module = imported(needed, word)
    adapter = getattr(ours('unscathed.subjects.' + ours_, word), name)
    lacking = [path for path in adapter.needs if not has(module, path)]
    if lacking:
        raise Refused(
            'the module `%s` is not the one that its adapter knows: it lacks %s' % (needed, named(lacking))
        )
    return instance(word, lambda: adapter(module))


def with_greenlets_interface(word):
    module = imported(word, word)
    lacking = greenlets.missing(module)
    if lacking:
        raise Refused(
            'no adapter is known for the module `%s`, and it has not the interface of greenlet: it lacks %s'
            % (word, named(lacking))
        )
    return instance(word, lambda: greenlets.of_module(module))


def ours(module, word):
    """A module of this package, which may be one that this interpreter cannot run."""
    try:
        return importlib.import_module(module)
    except (ImportError, SyntaxError) as error:
        raise Refused('`%s` is nothing for %s: %s' % (word, interpreter(), told(error)))


def imported(name, word):
    """A module of somebody else's."""
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # Some modules exit where they cannot work.
        if isinstance(error, ImportError) and absent(name, error):
            raise Refused('there is no module `%s` for %s' % (name, interpreter()))
        raise Refused('the module `%s` of `%s` fails when it is imported: %s' % (name, word, told(error)))


def absent(name, error):
    """Whether it is this module itself that was not found."""
    lost = getattr(error, 'name', None)
    if lost is None:
        # Python 2 only says it, and leaves out the package that it looked in.
        lost = str(error).rpartition(' ')[2].strip('\'"')
    return name == lost or name.startswith(lost + '.') or name.endswith('.' + lost)


def attribute(word, thing, name):
    if not hasattr(thing, name):
        raise Refused('there is no `%s` in what `%s` names' % (name, word))
    return getattr(thing, name)


def has(module, path):
    for name in path.split('.'):
        if not hasattr(module, name):
            return False
        module = getattr(module, name)
    return True


def instance(word, make):
    """The subject that a class makes, in the shape that probes need."""
    try:
        subject = make() if callable(make) else make
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # As with a module: an adapter that exits has failed.
        raise Refused('the adapter of `%s` cannot be made: %s' % (word, told(error)))
    return checked(subject, word)


def interpreter():
    return '%s %s' % (platform.python_implementation(), platform.python_version())
