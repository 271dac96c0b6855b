"""Modules of probes, as a subject's style needs them.

A body is a function `(self, first)` that calls `subject.suspend(self, value)` itself. For
subjects that suspend by `yield` or `await` that call is rewritten, so that one text is the
experiment for all of them, and a difference in results is one of the subjects. Whatever
else suspends, a function below a body or a callback, is left as it is: such a subject
cannot do that, and says so.
"""

import ast
import importlib
import os
import sys
import types

# Modules that were rewritten, by name and style.
rewritten = {}

# Names of `Finished` and `Pause` in a rewritten module: no probe uses them.
FINISHED, PAUSE = '__finished__', '__pause__'


class Finished(object):
    """The value of a body where a generator cannot return one."""

    def __init__(self, value):
        self.value = value


class Pause(object):
    """Awaited once: it hands a value out, and is what the coroutine is resumed with."""

    def __init__(self, value):
        self.value = value
        self.handed = False

    def __await__(self):
        return self

    def __iter__(self):
        return self

    def __next__(self):
        return self.send(None)

    def send(self, value):
        if self.handed:
            raise StopIteration(value)
        self.handed = True
        return self.value


def load(name, style):
    """The module of probes with this name, for subjects that suspend in this style."""
    if style == 'call':
        return importlib.import_module('unscathed.probes.' + name)
    key = (name, style)
    if key not in rewritten:
        rewritten[key] = rewrite(name, style)
    return rewritten[key]


def rewrite(name, style):
    """A module of its own, made from the text of another one."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'probes', name + '.py')
    with open(path) as file:
        tree = ast.parse(file.read(), path)
    tree = ast.fix_missing_locations(Bodies(style).visit(tree))
    # The package is there before any module of it looks for its relatives.
    package = importlib.import_module('unscathed.probes')
    # Python 2 takes no unicode here, which is what the name of an order is.
    module = types.ModuleType(str('unscathed.probes.%s_by_%s' % (name, style)))
    module.__file__, module.__package__ = path, package.__name__
    setattr(module, FINISHED, Finished)
    setattr(module, PAUSE, Pause)
    # Whoever looks for the module of a function finds it.
    sys.modules[module.__name__] = module
    exec(compile(tree, path, 'exec', dont_inherit=True), module.__dict__)
    return module


class Bodies(ast.NodeTransformer):
    """Finds the bodies."""

    def __init__(self, style):
        self.style = style

    def visit_FunctionDef(self, node):
        # Bodies may stand within bodies.
        self.generic_visit(node)
        own = Suspensions(self.style)
        if not is_body(node):
            return node
        node.body = own.visit_all(node.body)
        if not own.found:
            return node
        if self.style == 'await':
            return as_async(node)
        if sys.version_info < (3, 3):
            node.body = Returns().visit_all(node.body)
        return node


def is_body(node):
    """Whether a function is `(self, first)`, or the same by other names of its own."""
    names = [getattr(argument, 'arg', getattr(argument, 'id', None)) for argument in node.args.args]
    return len(names) == 2 and names[0] == 'self' and not node.decorator_list


class Own(ast.NodeTransformer):
    """What a function does itself, not what functions within it do."""

    def visit_all(self, statements):
        visited = []
        for statement in statements:
            result = self.visit(statement)
            visited.extend(result if isinstance(result, list) else [result])
        return visited

    def leave(self, node):
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = leave
    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = leave


class Suspensions(Own):
    """Rewrites `subject.suspend(self, value)`."""

    def __init__(self, style):
        self.style = style
        self.found = False

    def visit_Call(self, node):
        self.generic_visit(node)
        if not suspends(node):
            return node
        self.found = True
        value = node.args[1] if len(node.args) > 1 else placed(ast.parse('None', mode='eval').body, node)
        if self.style == 'await':
            return ast.copy_location(ast.Await(value=called(PAUSE, value, node)), node)
        return ast.copy_location(ast.Yield(value=value), node)


def suspends(node):
    function = node.func
    return (
        isinstance(function, ast.Attribute)
        and function.attr == 'suspend'
        and isinstance(function.value, ast.Name)
        and function.value.id == 'subject'
        and len(node.args) >= 1
        and isinstance(node.args[0], ast.Name)
        and node.args[0].id == 'self'
    )


def placed(tree, node):
    """What is new where the node stands: who asks for lines sees those of the text only."""
    for part in ast.walk(tree):
        ast.copy_location(part, node)
    return tree


def called(name, value, node):
    """The call of a name with one argument, where the node stands."""
    call = placed(ast.parse('%s(None)' % name, mode='eval').body, node)
    call.args = [value]
    return call


class Returns(Own):
    """Hands over the value first: generators of Python 2 return none."""

    def visit_Return(self, node):
        if node.value is None:
            return node
        handed = ast.Expr(value=ast.Yield(value=called(FINISHED, node.value, node)))
        return [ast.copy_location(handed, node), ast.copy_location(ast.Return(value=None), node)]


def as_async(node):
    """The same function as `async def`."""
    fields = {name: getattr(node, name) for name in node._fields if hasattr(node, name)}
    return ast.copy_location(ast.AsyncFunctionDef(**fields), node)
