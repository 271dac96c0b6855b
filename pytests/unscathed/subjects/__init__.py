class Refused(Exception):
    pass
def capabilities(subject):
    return subject.capabilities
def loaded(subject):
    return []
def reach(word):
    if word.startswith('mutant:'):
        import importlib
        module, name = word[7:].rsplit('.', 1)
        return getattr(importlib.import_module('unscathed.mutants.' + module), name)()
    if word == 'threads':
        from unscathed.subjects.threads import Threads
        return Threads()
    raise Refused(word)
