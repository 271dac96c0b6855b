"""Adapters, taken through the same exercises in every interpreter that has their package.

Interpreters are those on the PATH, and those that `UNSCATHED_TEST_PYTHONS` lists (as PATH
does). For Pyodide `UNSCATHED_TEST_PYODIDE` is its folder, and `UNSCATHED_TEST_NODE` a
program that can switch stacks. A package that nobody has is skipped, and says so.
"""

import functools
import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
EXERCISES = HERE / 'adapter_exercise.py'
SECONDS = 240

sys.path.insert(0, str(ROOT))

from unscathed import subjects  # noqa: E402 (the path is set above)
from unscathed.subjects import distributions, handover, shape  # noqa: E402

# Every word that is reached through an adapter, with the module that it needs.
WORDS = {word: needed for word, (needed, _, _) in subjects.ADAPTERS.items() if word != 'pyodide'}
WORDS.update(greenlet='greenlet', tealet_greenlet='tealet_greenlet')

# Their packages let an exception end where it was raised, so the adapter raises it again, and
# owes that this leaves no trace. Where the package raises it, its context is for probes.
RAISE_AGAIN = {'tealet', 'gevent', 'eventlet', 'stackless', 'stackless-hard', 'pyodide'}

ASK = """
import importlib, json, sys
found = []
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception:
        continue
    found.append(name)
print(json.dumps(found))
"""


@functools.cache
def interpreters():
    """The interpreters that start, each with the modules that adapters need and it has."""
    names = ['python2.7', *(f'python3.{minor}' for minor in range(6, 16)), 'pypy3']
    on_path = [path for path in map(shutil.which, names) if path]
    listed = [path for path in os.environ.get('UNSCATHED_TEST_PYTHONS', '').split(os.pathsep) if path]
    asked = {python: ask(python) for python in dict.fromkeys([*listed, *on_path, sys.executable])}
    # A name on the PATH may be a stand-in for an interpreter that is not installed.
    return {python: set(found) for python, found in asked.items() if found is not None}


def ask(python):
    command = [python, '-B', '-W', 'ignore', '-c', ASK, *sorted(set(WORDS.values()))]
    asked = run_for_text(command)
    return json.loads(asked.stdout) if asked.returncode == 0 else None


def cases():
    for word, needed in sorted(WORDS.items()):
        able = [python for python, modules in interpreters().items() if needed in modules]
        for python in able:
            yield pytest.param(word, python, id=f'{word}-{Path(python).name}')
        if not able:
            why = f'no interpreter here has the module {needed}; list one in UNSCATHED_TEST_PYTHONS'
            yield pytest.param(word, None, id=word, marks=pytest.mark.skip(reason=why))


def run_for_text(command, **more):
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, **more)


def run(command):
    ran = run_for_text(command)
    lines = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith('{')]
    assert lines, f'{ran.returncode} and nothing said: {ran.stderr}'
    return lines


def judge(word, lines):
    *exercises, last = lines
    assert 'refused' not in last, last
    assert last['version'] not in ('', 'unknown')
    assert all(Path(path).is_file() for path in last['loaded'])
    assert set(last['policies']) == set(last['documents'])
    assert len(exercises) >= 19
    wrong = {line['exercise']: line for line in exercises if 'wrong' in line}
    assert not wrong, json.dumps(wrong, indent=1)
    # Every adapter can do most; the few that lack something say so.
    assert sum('unsupported' in line for line in exercises) <= 3
    notes = {line['exercise']: line['note'] for line in exercises if 'note' in line}
    if word in RAISE_AGAIN:
        assert 'context' not in notes, notes


@pytest.mark.parametrize(('word', 'python'), list(cases()))
def test_an_adapter_gives_its_package_the_shape_of_a_subject(word, python):
    lines = run([python, '-B', str(EXERCISES), word])
    if 'is not the one that its adapter knows' in lines[-1].get('refused', ''):
        pytest.skip(lines[-1]['refused'])
    judge(word, lines)


def test_pyodide():
    folder = os.environ.get('UNSCATHED_TEST_PYODIDE')
    node = os.environ.get('UNSCATHED_TEST_NODE') or shutil.which('node')
    if not folder or not node:
        pytest.skip('UNSCATHED_TEST_PYODIDE names no folder with pyodide.mjs, or there is no node')
    judge('pyodide', run([node, str(HERE / 'pyodide_exercise.mjs'), folder, str(ROOT)]))


@pytest.mark.parametrize('python', [pytest.param(path, id=Path(path).name) for path in interpreters()])
def test_a_distribution_offers_a_subject(python, tmp_path):
    (tmp_path / 'offering.py').write_text(SUBJECT)
    entry = '[console_scripts]\nlent = offering:no\n\n[unscathed.subjects]\nlent = offering:Lent [extra]\n'
    metadata = tmp_path / 'offering-1.0.dist-info'
    metadata.mkdir()
    (metadata / 'METADATA').write_text('Metadata-Version: 2.1\nName: offering\nVersion: 1.0\n')
    (metadata / 'entry_points.txt').write_text(entry)
    program = 'from unscathed import subjects; print(subjects.reach("lent").version())'
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(ROOT), str(tmp_path)]))
    found = run_for_text([python, '-B', '-c', program], env=environment)
    assert found.stdout.strip() == '7', found.stderr


def test_the_reader_for_old_interpreters_agrees_with_the_new_one(tmp_path, monkeypatch):
    metadata = tmp_path / 'two-1.0.dist-info'
    metadata.mkdir()
    (metadata / 'METADATA').write_text('Metadata-Version: 2.1\nName: two\nVersion: 1.0\n')
    entries = '[unscathed.subjects]\n# not one\none = a.b:C\ntwo = d:E.f [x]\n'
    (metadata / 'entry_points.txt').write_text(entries)
    monkeypatch.setattr(sys, 'path', [str(tmp_path), *sys.path])
    ours = {('one', 'a.b:C'), ('two', 'd:E.f')}
    assert ours <= set(distributions.modern())
    assert ours <= set(distributions.ancient())


SUBJECT = """
class Lent(object):
    name = 'lent'
    style = 'call'
    capabilities = set()
    policies = {}
    def version(self): return '7'
    def create(self, body): return body
    def resume(self, co, value=None): return co(co, value)
    def suspend(self, co, value=None): return None
    def done(self, co): return False
"""

# What is wrong with a file: a text that takes the place of another (None: of the whole file), and
# a part of the sentence.
REFUSALS = {
    'a failure': (None, 'raise OSError(2, "not here")', 'FileNotFoundError: [Errno 2] not here'),
    'an exit': (None, 'raise SystemExit(3)', 'SystemExit: 3'),
    'no syntax': (None, 'class :', 'SyntaxError'),
    'no class': ('class Lent', 'class Borrowed', 'there is no `Lent`'),
    'no method': ('def resume', 'def again', 'has no method `resume`'),
    'no methods': ('def resume', 'suspend = create = None\n    def again', 'no methods `create`, `resume`'),
    'no version': ("return '7'", 'return 1 // 0', 'cannot tell its version: ZeroDivisionError'),
    'a number': ("return '7'", 'return 7', 'tells a version that is not a text: 7'),
    'a style': ("style = 'call'", "style = 'shout'", "the style 'shout', which is none of `call`"),
    'a capability': ('= set()', "= {'fly'}", 'the capability `fly`, which is none of'),
    'an empty claim': ('= set()', "= {'throw'}", 'claims `throw` without a method'),
    'one word': ('= set()', "= 'throw'", 'not a set of words'),
    'no dictionary': ('policies = {}', "policies = 'py.locks'", 'that are not a dictionary'),
    'an owner': ('policies = {}', "policies = {'py.locks': 'us'}", "declares 'us' for `py.locks`"),
    'no name': ("name = 'lent'", 'name = None', 'a `name` that is not a text'),
    'no attribute': ("name = 'lent'", '', 'has no attribute `name`'),
    'no object': ('def create', 'def __init__(self): raise KeyError(5)\n    def create', 'made: KeyError: 5'),
}


@pytest.mark.parametrize('case', REFUSALS)
def test_a_file_is_refused_in_one_sentence(case, tmp_path):
    replaced, by, sentence = REFUSALS[case]
    assert replaced is None or replaced in SUBJECT
    path = tmp_path / 'adapter.py'
    path.write_text(by if replaced is None else SUBJECT.replace(replaced, by, 1))
    assert sentence in refusal(f'{path}:Lent')


def refusal(word):
    with pytest.raises(subjects.Refused) as refused:
        subjects.reach(word)
    assert '\n' not in str(refused.value)
    return str(refused.value)


def test_a_file_that_is_missing_is_refused(tmp_path):
    assert 'there is no file' in refusal(f'{tmp_path}/adapter.py:Lent')


def test_a_file_that_is_right_is_reached(tmp_path):
    (tmp_path / 'beside.py').write_text('VALUE = "7"\n')
    (tmp_path / 'adapter.py').write_text(SUBJECT.replace("'7'", '__import__("beside").VALUE'))
    subject = subjects.reach(f'{tmp_path / "adapter.py"}:Lent')
    assert (subject.name, subject.version()) == ('lent', '7')
    assert subjects.loaded(subject) == []


@pytest.mark.parametrize(
    ('word', 'sentence'),
    [
        ('no_such_module_at_all', 'there is no module `no_such_module_at_all` for'),
        ('json', 'the interface of greenlet: it lacks `greenlet`, `getcurrent`, `GreenletExit`'),
        ('unscathed', 'the CPython core is not part'),
    ],
)
def test_a_module_is_refused_in_one_sentence(word, sentence):
    assert sentence in refusal(word)


def test_a_module_that_fails_is_told_from_one_that_is_missing(tmp_path, monkeypatch):
    (tmp_path / 'failing_here.py').write_text('import something_that_it_needs\n')
    monkeypatch.syspath_prepend(tmp_path)
    assert 'fails when it is imported: ModuleNotFoundError' in refusal('failing_here')


@pytest.mark.parametrize('word', sorted(subjects.ADAPTERS))
def test_what_an_adapter_declares_has_a_document(word):
    _, module, name = subjects.ADAPTERS[word]
    adapter = getattr(importlib.import_module(f'unscathed.subjects.{module}'), name)
    declared = getattr(adapter, 'policies', {})
    assert set(declared.values()) <= set(shape.OWNERS)
    assert set(declared) == set(getattr(adapter, 'documents', {}))
    assert set(adapter.capabilities) <= set(shape.CAPABILITIES)


def test_an_exception_that_is_sent_keeps_its_context_and_its_traceback():
    try:
        try:
            raise KeyError('first')
        except KeyError:
            raise ValueError('second')  # noqa: B904 (the context is what this is about)
    except ValueError as error:
        context, lines = error.__context__, traceback_lines(error)
        message = handover.Raised(sys.exc_info())
    try:
        raise LookupError('handled by the receiver')
    except LookupError:
        with pytest.raises(ValueError, match='second') as found:
            handover.received(message)
    assert found.value.__context__ is context
    assert traceback_lines(found.value)[-len(lines) :] == lines


def traceback_lines(error):
    lines, trace = [], error.__traceback__
    while trace is not None:
        lines.append((trace.tb_frame.f_code.co_name, trace.tb_lineno))
        trace = trace.tb_next
    return lines
