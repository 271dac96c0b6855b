"""Whether an object has the shape of a subject, and what is wrong with it otherwise.

A subject that is refused is refused in one sentence, before any probe runs.
"""

STYLES = ('call', 'yield', 'await')
CAPABILITIES = ('throw', 'kill', 'migrate', 'nest', 'frame', 'callbacks', 'transfer')
# The capabilities that let probes call a method of the same name.
CALLED = ('throw', 'kill', 'frame', 'transfer')
OWNERS = ('coroutine', 'thread')


class Refused(Exception):
    """A subject cannot be reached; the text is one sentence that says why."""


def told(error):
    """An exception on one line."""
    text = ' '.join(str(error).split())
    return '%s: %s' % (type(error).__name__, text) if text else type(error).__name__


def named(words):
    """Words in quotes, in a row."""
    return ', '.join('`%s`' % word for word in words)


def plural(count, one, many):
    return one if count == 1 else many


def checked(subject, word):
    """The subject, if it has the shape of one; `word` is what the command line called it."""
    for check in (attributes, style, methods, capabilities_known, policies_known, version_told):
        objection = check(subject)
        if objection:
            raise Refused('the adapter of `%s` %s' % (word, objection))
    return subject


def attributes(subject):
    lacking = [name for name in ('name', 'style', 'capabilities', 'policies') if not hasattr(subject, name)]
    if lacking:
        return 'has no %s %s' % (plural(len(lacking), 'attribute', 'attributes'), named(lacking))
    if not isinstance(subject.name, str) or not subject.name:
        return 'has a `name` that is not a text'


def style(subject):
    if subject.style not in STYLES:
        return 'has the style %r, which is none of %s' % (subject.style, named(STYLES))


def methods(subject):
    required = ['create', 'resume', 'suspend', 'done', 'version']
    if subject.style == 'yield':
        # Its bodies suspend by a statement.
        required.remove('suspend')
    lacking = [name for name in required if not callable(getattr(subject, name, None))]
    if lacking:
        return 'has no %s %s' % (plural(len(lacking), 'method', 'methods'), named(lacking))


def capabilities_known(subject):
    words = subject.capabilities
    if isinstance(words, (str, bytes)) or not hasattr(words, '__iter__'):
        return 'has `capabilities` that are not a set of words'
    strange = sorted(str(word) for word in words if word not in CAPABILITIES)
    if strange:
        return 'claims %s %s, which %s none of %s' % (
            plural(len(strange), 'the capability', 'the capabilities'),
            named(strange),
            plural(len(strange), 'is', 'are'),
            named(CAPABILITIES),
        )
    lacking = sorted(word for word in words if word in CALLED and not callable(getattr(subject, word, None)))
    if lacking:
        methods_ = plural(len(lacking), 'a method', 'methods')
        return 'claims %s without %s of that name' % (named(lacking), methods_)


def policies_known(subject):
    declared = subject.policies
    if not hasattr(declared, 'items'):
        return 'has `policies` that are not a dictionary'
    # Whether there are such elements is known where the rows are, not here.
    for element, owner in sorted(declared.items()):
        if owner not in OWNERS:
            return 'declares %r for `%s`, which is neither `coroutine` nor `thread`' % (owner, element)


def version_told(subject):
    try:
        version = subject.version()
    except Exception as error:
        return 'cannot tell its version: %s' % told(error)
    if not isinstance(version, str):
        return 'tells a version that is not a text: %r' % (version,)
