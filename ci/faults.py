#!/usr/bin/env python3
"""Whether the audit notices what a switch of the core for CPython leaves out.

    faults.py [--unscathed COMMAND] PYTHON...

Builds core/python for each interpreter with the feature `fault-mask`, below $CARGO_TARGET_DIR or core/python/target.
With nothing left out the probes named here must find nothing. Then each field is left out by itself, and must be
convicted on one of the elements of its row, on each series that has the field. What nothing convicts is named in
UNNOTICED, and must be exactly that: a field in neither table, or one that is convicted after all, is an error.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / 'core/python'
MASK = 'UNSCATHED_CORE_LEAVE_OUT'
# Prints the minor, then what tells builds apart.
WHO = """import sys, sysconfig
print(sys.version_info[1], sys.implementation.cache_tag + (getattr(sys, 'abiflags', '')))"""


@dataclass
class Row:
    """A field, the minors that have it, and where the audit convicts whoever leaves it out."""

    field: str
    first: int
    last: int
    probes: tuple[str, ...]
    elements: tuple[str, ...] = ()


CONVICTED = (
    Row('exc_info', 9, 15, ('exc.nested', 'exc_empty.*'), ('py.exc_info', 'py.exc_info.empty')),
    Row('frame', 9, 15, ('frames.linked', 'frames.nested'), ('py.frames', 'py.frame_link')),
    Row('datastack', 11, 15, ('datastack.*',), ('py.datastack', 'py.datastack_leak')),
    Row('datastack_free', 11, 15, ('datastack.*',), ('py.datastack_leak',)),
    Row('depth', 9, 15, ('recursion.charged', 'recursion.start'), ('py.recursion.depth',)),
    Row('c_depth', 12, 13, ('cstack.charged',), ('py.recursion.c',)),
    Row(
        'stack_bounds',
        14,
        15,
        ('cstack.containers', 'finalizers.prompt'),
        ('py.recursion.c', 'py.finalizers'),
    ),
    Row('tracing', 9, 15, ('tracing.suspended_inside', 'tracing.started_inside'), ('py.trace_counter',)),
    Row('use_tracing', 10, 11, ('tracing.installed_meanwhile',), ('py.use_tracing',)),
    Row('context', 9, 15, ('context.variable',), ('py.contextvars',)),
    Row('context_ver', 9, 15, ('context.cache',), ('py.context_cache',)),
    Row('trash', 9, 12, ('trash.nesting',), ('py.trash_nesting',)),
    Row('instrumentation', 12, 15, ('monitoring.enabled_meanwhile',), ('py.line_events',)),
)
# No probe switches while one of these is not what the other side has, too: here are those that come closest. A test
# of the core's own does for `headroom`, on 3.10 and 3.11.
UNNOTICED = (
    Row('use_tracing', 9, 9, ('tracing.*',)),
    Row('headroom', 9, 15, ('overflow.*', 'recursion.*')),
    Row('current_exception', 9, 15, ('exc_flight.*', 'destruction.*')),
    Row('executor', 13, 15, ('hot.*',)),
)


class Problem(Exception):
    """Why there is no answer, in a sentence."""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('pythons', nargs='+', metavar='PYTHON')
    parser.add_argument('--unscathed', default=str(ROOT / 'target/release/unscathed'), help='the command')
    options = parser.parse_args()
    wrong, tried = 0, set()
    try:
        for python in options.pythons:
            build = Build(python, options.unscathed)
            for field, sentence, fine in build.judged():
                print(f'{build.tag}: {field}: {sentence}', flush=True)
                wrong += not fine
                tried.add(field)
    except Problem as problem:
        print(f'faults.py: {problem}', file=sys.stderr)
        return 2
    absent = sorted({row.field for row in (*CONVICTED, *UNNOTICED)} - tried)
    print(f'not tried, as no interpreter here has it: {", ".join(absent) or "nothing"}')
    places = [f'{row.field} (3.{row.first} to 3.{row.last})' for row in UNNOTICED]
    print(f'nothing convicts {len(places)}: {", ".join(places)}')
    print(f'{wrong} wrong')
    return 1 if wrong else 0


class Build:
    """The core with the fault mask, for one interpreter."""

    def __init__(self, python, unscathed):
        self.python, self.unscathed = python, unscathed
        minor, self.tag = run([python, '-c', WHO]).split()
        self.minor = int(minor)
        target = Path(os.environ.get('CARGO_TARGET_DIR') or CORE / 'target').resolve()
        self.folder = target / 'faults' / self.tag
        self.folder.mkdir(parents=True, exist_ok=True)
        how = {'PYO3_PYTHON': python, 'PYO3_BUILD_EXTENSION_MODULE': '1', 'CARGO_TARGET_DIR': str(target)}
        run(['cargo', 'build', '--quiet', '--release', '--locked', '--features', 'fault-mask'], how, CORE)
        module = self.folder / 'unscathed_core.so'
        # A new file: an interpreter may still have the old one mapped.
        module.unlink(missing_ok=True)
        module.write_bytes((target / 'release/libunscathed_core.so').read_bytes())

    def judged(self):
        """A field, what is to be said of it, and whether that is as it should be."""
        rows = [row for row in (*CONVICTED, *UNNOTICED) if row.first <= self.minor <= row.last]
        named = {row.field for row in (*CONVICTED, *UNNOTICED)}
        for field in sorted(named ^ self.known()):
            yield field, 'is in one of the tables or in the core, but not in both', False
        probes = sorted({probe for row in rows for probe in row.probes})
        found = self.convicted('', probes)
        yield 'nothing left out', f'convicted on {said(found)}', not found
        for row in rows:
            found = self.convicted(row.field, row.probes)
            fine = bool(found & set(row.elements)) if row.elements else not found
            yield row.field, f'convicted on {said(found)}', fine

    def known(self):
        """The fields that the core can leave out: it names them to whoever asks for another."""
        imported = subprocess.run(
            [self.python, '-c', 'import unscathed_core'],
            env=self.environment('?'),
            capture_output=True,
            text=True,
            check=False,
        )
        _, there, names = imported.stderr.strip().rpartition(f'{MASK}: there are ')
        if not there:
            raise Problem(f'{self.tag} does not say what can be left out: {imported.stderr.strip()}')
        return set(names.split(', '))

    def environment(self, field):
        return {**os.environ, 'PYTHONPATH': str(self.folder), MASK: field}

    def convicted(self, field, probes):
        """The elements that the audit convicts on when this field is left out."""
        with tempfile.TemporaryDirectory() as own:
            file = Path(own) / 'report.json'
            command = [self.unscathed, 'audit', 'python:unscathed', '--python', self.python]
            command += ['--level', 'policy', '--format', 'json', '-o', str(file)]
            command += [f'--probe={probe}' for probe in probes]
            ended = subprocess.run(
                command, env=self.environment(field), capture_output=True, text=True, check=False
            )
            # In 2 it ends, too, when a probe cannot go on: that may be the fault's doing.
            if ended.returncode not in ((0, 1, 2) if field else (0, 1)) or not file.exists():
                raise Problem(
                    f'{self.tag}: the audit without {field!r} ended in {ended.returncode}: {ended.stderr}'
                )
            report = json.loads(file.read_text())
        if report['refused']:
            raise Problem(f'{self.tag}: without {field!r} the subject was refused: {report["refused"]}')
        return {result['element'] for result in report['results'] if result['fails']}


def said(elements):
    return ', '.join(sorted(elements)) or 'nothing'


def run(command, more=None, folder=None):
    """What a command prints."""
    environment = {**os.environ, **(more or {})}
    try:
        ended = subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise Problem(f'{command[0]}: {error.strerror}') from None
    if ended.returncode:
        raise Problem(f'{" ".join(command)} ended in {ended.returncode}: {ended.stderr.strip()}')
    return ended.stdout


if __name__ == '__main__':
    sys.exit(main())
