"""Runs one of the programs beside it on a subject: stage.py PROGRAM SUBJECT [FOLDER].

The program is what a user wrote: it fails, and the interpreter itself prints what the user
is shown. It is `__main__`, finds its subject by `from stage import subject`, and is
rewritten where the subject suspends by `yield` or `await`. FOLDER is where the subject's
package is. Without a program, the subject's name and version are printed.
"""

import ast
import os
import sys

# Statuses that no program here ends with.
REFUSED, UNSUPPORTED = 77, 78

HERE = os.path.dirname(os.path.abspath(__file__))

# Not this folder: its programs are no modules.
sys.path[0] = os.path.dirname(HERE)

# These are found by the path above.
from unscathed.observe import Unsupported  # noqa: E402
from unscathed.styles import FINISHED, PAUSE, Bodies, Finished, Pause  # noqa: E402
from unscathed.subjects import Refused, reach  # noqa: E402


def arrive(word, folder):
    """The subject; where there is none, this process says why and ends."""
    if folder:
        sys.path.insert(1, folder)
    try:
        return reach(word)
    except Refused as error:
        sys.stderr.write('%s\n' % error)
        sys.exit(REFUSED)


def compiled(path, style):
    """The code of a program, in the subject's style."""
    with open(path) as file:
        tree = ast.parse(file.read(), path)
    if style != 'call':
        tree = ast.fix_missing_locations(Bodies(style).visit(tree))
    return compile(tree, path, 'exec', dont_inherit=True)


def perform(program, subject):
    """Runs a program; what it raises goes on to the interpreter."""
    namespace = sys.modules['__main__'].__dict__
    path = os.path.join(HERE, program)
    code = compiled(path, subject.style)
    # It is asked for by this name while this module is `__main__`.
    stage = sys.modules['stage'] = type(sys)('stage')
    stage.subject = subject
    namespace.update({'__file__': path, FINISHED: Finished, PAUSE: Pause})
    try:
        exec(code, namespace)
    except Unsupported as error:
        sys.stderr.write('%s\n' % error)
        sys.exit(UNSUPPORTED)


def main(program, word, folder=None):
    subject = arrive(word, folder)
    if program:
        perform(program, subject)
    else:
        print('%s %s' % (subject.name, subject.version()))


if __name__ == '__main__':
    main(*sys.argv[1:])
