"""How probes of callbacks go: who is parked inside a C call while who makes another one."""

from unscathed.observe import Failed, Rival, outcome

# A suspension in a callback is followed by another one before the callback returns.
TIMES = 2


def called_back(call):
    """Makes a probe of a C call that calls back.

    `call(mark, inside)` makes the call, lets its callback say with `inside(word)` what
    it was called with, and returns what the call gave. `mark` stands in every word.
    """

    def probe(subject, seen):
        interleave(subject, seen, 'py.callback.' + call.__name__, call)

    probe.__name__ = call.__name__
    return probe


def called_back_alone(call):
    """The same for a call that the interpreter lets one party make at a time."""

    def probe(subject, seen):
        follow(subject, seen, 'py.callback.' + call.__name__, call)

    probe.__name__ = call.__name__
    return probe


def interleave(subject, seen, element, call):
    """Parks two coroutines inside such a call, and makes a third one in main."""
    parties = Parties(subject, seen, element, call)
    cos = [parties.start(number) for number in (1, 2)]
    parties.see_main('main, while both are inside theirs')
    for _ in range(TIMES * parties.callbacks):
        for co in cos:
            parties.resume(co)
        # First in, first out; then the other way round, as nested calls would end.
        cos.reverse()
    parties.see_results()
    parties.see_main('main, after both')


def follow(subject, seen, element, call):
    """Parks one coroutine after the other inside such a call."""
    parties = Parties(subject, seen, element, call)
    for number in (1, 2):
        co = parties.start(number)
        for _ in range(TIMES * parties.callbacks):
            parties.resume(co)
    parties.see_results()
    parties.see_main('main, after both')


class Parties(object):
    """Main and two coroutines, with what the call gives each when nobody interrupts it."""

    def __init__(self, subject, seen, element, call):
        self.subject, self.seen, self.element, self.call = subject, seen, element, call
        self.marks = [seen.by(number) for number in (0, 1, 2)]
        self.own = [record(call, mark, unchanged) for mark in self.marks]
        self.callbacks = len(self.own[0]) - 1
        if not self.callbacks:
            raise Failed('nothing was called back: the call gave %r' % (self.own[0],))
        self.cos = {}
        self.given = {}

    def start(self, number):
        subject, call, mark = self.subject, self.call, self.marks[number]

        def body(self, first):
            def inside(word):
                for _ in range(TIMES):
                    word = subject.suspend(self, word)
                return word

            return record(call, mark, inside)

        self.seen.step('coroutine %d calls, and suspends when it is called back' % number)
        co = self.cos[number] = subject.create(body)
        self.given[number] = outcome(subject.resume, co)
        return co

    def resume(self, co):
        """Gives a coroutine back the word that it passed out."""
        number = 1 if co is self.cos[1] else 2
        word = self.given[number]
        # Anything but a word is the end of a call, however early it comes.
        if isinstance(word, str):
            self.seen.step('main resumes %d inside its callback' % number)
            self.given[number] = outcome(self.subject.resume, co, word)

    def see_results(self):
        for number in (1, 2):
            self.see(number, self.given[number], 'coroutine %d, what its call gave' % number)

    def see_main(self, at):
        self.seen.step('main makes the call')
        self.see(0, record(self.call, self.marks[0], unchanged), at)

    def see(self, number, found, at):
        rivals = [Rival(self.marks[other], self.own[other]) for other in (0, 1, 2) if other != number]
        self.seen.see(self.element, found, own=self.own[number], rivals=rivals, at=at)


def unchanged(word):
    return word


def record(call, mark, inside):
    """The words of all callbacks of a call, and then its result."""
    words = []

    def enter(word):
        word = inside(word)
        words.append(word)
        return word

    result = outcome(call, mark, enter)
    return words + [result]


def three(mark):
    """Words that are not in order."""
    return [mark + ' c', mark + ' a', mark + ' b']
