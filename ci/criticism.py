#!/usr/bin/env python3
"""The chapter on what was said against greenlet, from claims and reports.

    criticism.py collect [NAME...]   audits releases and writes docs/criticism/NAME.json
    criticism.py write               writes the chapter, docs/src/criticism.md
    criticism.py check               the chapter is what claims and reports give, and they agree
    criticism.py rebuild [NAME]      audits a release from nothing, and compares its cells

What is claimed, by whom, which probes bear on it and which releases are audited stands in
docs/criticism/claims.toml. A text there that says who lost something names the releases,
and `check` holds it against the reports. Without a NAME `rebuild` takes the first release
whose interpreter is here. Interpreters are those of --python, of UNSCATHED_TEST_PYTHONS
(as PATH lists folders), and those on the PATH under their usual names.
"""

import argparse
import fnmatch
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOST = ('leaked', 'corrupted', 'crashed', 'hung')
# What is the same in every run on every machine: not bytes, which a compiler decides.
STEADY = ('copies', 'allocations', 'frees')
# Prints what begins with a row's `runtime`.
WHO = 'import platform; print("%s %s" % (platform.python_implementation(), platform.python_version()))'


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('command', choices=('collect', 'write', 'check', 'rebuild'))
    parser.add_argument('names', nargs='*', metavar='NAME')
    parser.add_argument('--unscathed', default=str(ROOT / 'target/release/unscathed'), help='the command')
    parser.add_argument('--python', action='append', default=[], help='an interpreter (repeatable)')
    parser.add_argument('--docs', type=Path, default=ROOT / 'docs')
    options = parser.parse_args()
    try:
        book = Book(options.docs)
        book.only(options.names)
        return COMMANDS[options.command](book, options)
    except Problem as problem:
        print(f'criticism.py: {problem}', file=sys.stderr)
        return 2


class Problem(Exception):
    """Why the command cannot do what it was asked for, in a sentence."""


class Book:
    """The claims, and where everything lies."""

    def __init__(self, docs):
        self.folder = docs / 'criticism'
        self.chapter = docs / 'src/criticism.md'
        self.said = tomllib.loads((self.folder / 'claims.toml').read_text())
        self.releases = self.said['release']
        self.claims = self.said['claim']
        self.named = self.releases

    def only(self, names):
        """Restricts the command to these releases."""
        unknown = set(names) - {release['name'] for release in self.releases}
        if unknown:
            raise Problem(f'no release is called {", ".join(sorted(unknown))}')
        if names:
            self.named = [release for release in self.releases if release['name'] in names]

    def file(self, release):
        return self.folder / f'{release["name"]}.json'

    def reports(self):
        """The committed report of each release."""
        return [Report.read(release, self.file(release)) for release in self.releases]


@dataclass
class Report:
    """A report as it is committed."""

    release: dict
    digest: str
    data: dict

    @classmethod
    def read(cls, release, file):
        if not file.exists():
            raise Problem(f'there is no {file.name}: run `criticism.py collect {release["name"]}`')
        contents = file.read_bytes()
        return cls(release, hashlib.sha256(contents).hexdigest(), json.loads(contents))

    def source(self):
        """What each cell says of where it comes from."""
        return f'<br>{self.release["name"]} `{self.digest[:8]}`'

    def results(self, column):
        """The results that bear on a column."""
        probes, elements = column['probes'], column.get('elements', ['*'])
        return [
            it for it in self.data['results'] if fits(it['probe'], probes) and fits(it['element'], elements)
        ]

    def figures(self, column):
        """The measurements of a column, as text; none: nothing could be measured."""
        found = {(it['what'], it['at']): it['value'] for it in self.data['measurements']}
        values = [found.get((column['figure'], at)) for at in column['at']]
        return [] if None in values else [f'{value:,.2f}'.rstrip('0').rstrip('.') for value in values]


def fits(text, globs):
    return any(fnmatch.fnmatchcase(text, glob) for glob in globs)


# Collecting.


def collect(book, options):
    interpreters = Interpreters(options.python)
    for release in book.named:
        interpreter = interpreters.need(release)
        with tempfile.TemporaryDirectory() as own:
            # A cache that is kept saves a build, and nothing that is measured.
            cache = os.environ.get('UNSCATHED_CACHE') or own
            report = settled(audit(options.unscathed, release, interpreter, Path(own), cache), release)
        book.file(release).write_text(laid_out(report))
        print(f'{release["name"]}: {count(Counter(result["verdict"] for result in report["results"]))}')
    return 0


class Interpreters:
    """Interpreters by what they call themselves."""

    def __init__(self, asked):
        listed = [path for path in os.environ.get('UNSCATHED_TEST_PYTHONS', '').split(os.pathsep) if path]
        self.known = [(path, self.ask(path)) for path in [*asked, *listed]]

    @staticmethod
    def ask(path):
        try:
            return subprocess.run(
                [path, '-c', WHO], capture_output=True, text=True, check=True
            ).stdout.strip()
        except (OSError, subprocess.CalledProcessError) as error:
            raise Problem(f'{path} is no interpreter: {error}') from None

    def find(self, release):
        wanted = release['runtime'] + '.'
        for path, title in self.known:
            if title.startswith(wanted):
                return path
        usual = shutil.which(release['usual'])
        return usual if usual and self.ask(usual).startswith(wanted) else None

    def need(self, release):
        found = self.find(release)
        if found is None:
            raise Problem(f'{release["name"]} needs {release["runtime"]}: name one with --python')
        return found


def audit(unscathed, release, interpreter, own, cache):
    """The report of one release."""
    environment = {**os.environ, 'UNSCATHED_CACHE': str(cache)}
    if 'cflags' in release:
        # A build that the command would not choose, in a folder that the interpreter finds.
        site = own / 'site'
        package = release['subject'].removeprefix('python:') + '==' + release['version']
        how = ['--quiet', '--no-cache-dir', '--no-deps', '--no-binary', ':all:', '--target', site]
        pip = [interpreter, '-m', 'pip', 'install', *how, package]
        compiler = {**environment, 'CFLAGS': release['cflags']}
        installed = subprocess.run(pip, env=compiler, capture_output=True, text=True, check=False)
        if installed.returncode:
            raise Problem(f'{package} cannot be installed: {installed.stderr.strip().splitlines()[-1:]}')
        environment['PYTHONPATH'] = str(site)
    file = own / 'report.json'
    command = [unscathed, 'audit', release['subject'], '--python', interpreter]
    command += ['--format', 'json', '-o', file]
    try:
        ended = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    except OSError as error:
        raise Problem(f'{unscathed}: {error.strerror}') from None
    if not file.exists() or ended.returncode not in (0, 1, 2):
        raise Problem(f'the audit of {release["name"]} ended in {ended.returncode}: {ended.stderr.strip()}')
    report = json.loads(file.read_text())
    if report['refused']:
        raise Problem(f'{release["name"]} was refused: {report["refused"]}')
    return report


def settled(report, release):
    """A report without what the next run or another machine would have otherwise."""
    run, subject = report['run'], report['subject']
    keys = ('id', 'name', 'version', 'kind', 'runtime', 'arch', 'capabilities', 'policies')
    return {
        'schema': report['schema'],
        'tool': {'name': report['tool']['name']},
        'run': {
            'seed': run['seed'],
            'planned': run['planned'],
            'host': {key: run['host'][key] for key in ('arch', 'os')},
        },
        'subject': {key: subject[key] for key in keys} | {'cflags': release.get('cflags')},
        'refused': None,
        'results': [
            {key: result[key] for key in ('probe', 'element', 'level', 'declared', 'verdict', 'fails')}
            for result in report['results']
        ],
        'measurements': [rounded(it) for it in report['measurements'] if it['unit'] != 'ns'],
        'summary': report['summary'],
    }


def rounded(measurement):
    """Times are worth one digit."""
    if measurement['what'].startswith('time'):
        return measurement | {'value': float(f'{measurement["value"]:.1g}')}
    return measurement


def laid_out(report):
    """JSON with a line for each result, so that a change is a line."""
    lists = ('results', 'measurements')
    lines = ['{']
    for key, value in report.items():
        comma = '' if key == list(report)[-1] else ','
        if key in lists and value:
            lines.append(f'"{key}": [')
            lines.append(',\n'.join('  ' + json.dumps(row) for row in value))
            lines.append(f']{comma}')
        else:
            lines.append(f'"{key}": {json.dumps(value)}{comma}')
    return '\n'.join([*lines, '}', ''])


# The chapter.


def write(book, options):
    book.chapter.write_text(chapter(book))
    return complain(objections(book))


def check(book, options):
    found = objections(book)
    if not book.chapter.exists() or book.chapter.read_text() != chapter(book):
        found.append(f'{book.chapter.name} is not what the reports give: run `criticism.py write`')
    strays = {file.stem for file in book.folder.glob('*.json')} - {it['name'] for it in book.releases}
    found += [f'{name}.json belongs to no release' for name in sorted(strays)]
    return complain(found)


def complain(found):
    for objection in found:
        print(f'criticism.py: {objection}', file=sys.stderr)
    return 1 if found else 0


def chapter(book):
    reports = book.reports()
    parts = [
        '<!-- Made by ci/criticism.py from docs/criticism/; do not edit. -->',
        book.said['opening'].strip(),
    ]
    for claim in book.claims:
        parts.append(f'## {claim["title"]}')
        parts += [claim[key].strip() for key in ('said', 'asked')]
        parts.append(table(claim['column'], concerned(claim, reports)))
        parts.append(claim['shown'].strip())
    parts += ['## The reports', book.said['reports'].strip(), sources(reports)]
    return '\n\n'.join(parts) + '\n'


def concerned(claim, reports):
    """The releases of which a claim is asked: some are there for one claim alone."""
    return [it for it in reports if it.release.get('only', claim['id']) == claim['id']]


def table(columns, reports):
    head = ['release', 'interpreter', *(column['title'] for column in columns)]
    rows = [head, ['---'] * len(head)]
    for report in reports:
        rows.append(titles(report) + [cell(column, report) + report.source() for column in columns])
    return '\n'.join('| ' + ' | '.join(row) + ' |' for row in rows)


def titles(report):
    return [report.release['title'], report.data['subject']['runtime']]


def cell(column, report):
    if 'figure' in column:
        return ' / '.join(report.figures(column)) or 'not measured'
    return verdicts(report.results(column))


def verdicts(results):
    """What came of some results: `lost 4 of 7 (4 leaked), not judged 1`."""
    if not results:
        return 'not asked'
    lost = [result for result in results if result['verdict'] in LOST]
    open_ = [
        result for result in results if result['verdict'] not in LOST and result['verdict'] != 'preserved'
    ]
    judged = len(results) - len(open_)
    if not judged:
        return f'not judged ({count(Counter(result["verdict"] for result in open_))})'
    # What nobody demands is a choice, and here one that the subject does not state.
    parts = []
    for word, fails in (('lost', True), ('shared', False)):
        some = [result['verdict'] for result in lost if result['fails'] is fails]
        if some:
            parts.append(f'**{word} {len(some)} of {judged}** ({count(Counter(some))})')
    return ', '.join(parts or [f'kept {judged}']) + (f', not judged {len(open_)}' if open_ else '')


def count(counter):
    return ', '.join(f'{number} {word}' for word, number in sorted(counter.items()))


def sources(reports):
    rows = ['| report | subject | interpreter | SHA-256 |', '| --- | --- | --- | --- |']
    for report in reports:
        release, subject = report.release, report.data['subject']
        build = f' built with `{release["cflags"]}`' if 'cflags' in release else ''
        cells = [f'`{release["name"]}.json`', f'{subject["name"]} {subject["version"]}{build}']
        rows.append('| ' + ' | '.join([*cells, subject['runtime'], f'`{report.digest}`']) + ' |')
    return '\n'.join(rows)


def objections(book):
    """Where the texts, which people wrote, say what the reports do not."""
    found = []
    reports = book.reports()
    for report in reports:
        release, subject = report.release, report.data['subject']
        implementation, series = release['runtime'].split()
        runs_on = subject['runtime'].startswith(implementation) and f' {series}.' in subject['runtime']
        if not runs_on or subject['version'] != release['version']:
            found.append(
                f'{release["name"]}.json is of {subject["name"]} {subject["version"]}, {subject["runtime"]}'
            )
    for claim in book.claims:
        for column in claim['column']:
            place = f'{claim["title"]}, {column["title"]}'
            if 'figure' in column:
                said, key = column.get('same', []), 'same'
                real = [
                    it.release['name']
                    for it in concerned(claim, reports)
                    if it.figures(column) == column.get('values')
                ]
            else:
                said, key = column['lost'], 'lost'
                bad = [
                    it
                    for it in concerned(claim, reports)
                    if any(r['verdict'] in LOST for r in it.results(column))
                ]
                real = [it.release['name'] for it in bad]
                if not any(it.results(column) for it in reports):
                    found.append(f'{place}: no result bears on it')
            if sorted(said) != sorted(real):
                found.append(f'{place}: `{key}` names {sorted(said)}, the reports {sorted(real)}')
    return found


# From nothing.


def rebuild(book, options):
    interpreters = Interpreters(options.python)
    here = [release for release in book.named if interpreters.find(release)]
    if not here:
        raise Problem('the interpreter of none of these releases is here: name one with --python')
    release = here[0]
    committed = Report.read(release, book.file(release))
    with tempfile.TemporaryDirectory() as own:
        data = audit(options.unscathed, release, interpreters.find(release), Path(own), Path(own) / 'cache')
    made = Report(release, '', settled(data, release))
    differences = []
    columns = [column for claim in book.claims for column in claim['column']]
    for column in columns:
        differences += compare(column, committed, made)
    print(f'{release["name"]}: audited from nothing, {len(columns)} cells compared')
    return complain(sorted(set(differences)))


def compare(column, committed, made):
    """What differs in a cell: verdicts, and numbers of calls."""
    if 'figure' in column:
        pairs = [(it.figures(column) if column['figure'] in STEADY else []) for it in (committed, made)]
        old, new = ({column['figure']: ' / '.join(values)} for values in pairs)
    else:
        pairs = [it.results(column) for it in (committed, made)]
        old, new = ({f'{it["probe"]} {it["element"]}': it['verdict'] for it in results} for results in pairs)
    differ = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
    return [f'{key}: committed {old.get(key, "nothing")}, now {new.get(key, "nothing")}' for key in differ]


COMMANDS = {'collect': collect, 'write': write, 'check': check, 'rebuild': rebuild}

if __name__ == '__main__':
    sys.exit(main())
