"""The stable codes in the source: found by reading it, without running it.

A code is a text in kebab-case that is given to a parameter or field called ``code``. Which functions and
classes have one is read from their definitions, so that a new helper needs no entry here.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
ERRORS = ("LocalError", "PeerError", "DataError", "TrustError", "UnreachableError")
OTHERS = {"Finding": "finding", "Tolerance": "finding", "Garbage": "line noise", "Refusal": "refusal"}
_ROOT = "MeterkastError"
_LAYERS_OF_HELPERS = 4

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@dataclass(slots=True, kw_only=True)
class Code:
    """One stable code.

    Attributes:
        code: the code itself.
        kinds: the error classes it comes with, or what else it marks.
        messages: the sentences it comes with; ``…`` where a value stands.
        places: files below the package.
    """

    code: str
    kinds: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taker:
    """A function or class that takes a code, with its parameters in order."""

    parameters: tuple[str, ...]
    node: Definition
    module: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A call, what it calls, and the function and class that it stands in."""

    node: ast.Call
    taker: _Taker
    scope: ast.AST
    owner: str

    @property
    def name(self) -> str:
        """What is called; ``super().__init__`` is the class it stands in."""
        called = _called(self.node)
        return self.owner if called == _ROOT and self.owner else called

    def texts(self, parameter: str) -> set[str]:
        """The texts that a parameter is given here."""
        return set(_texts(_argument(self.node, self.taker.parameters, parameter), self.scope))


class Source:
    """All modules of a package, parsed."""

    def __init__(self, package: Path) -> None:
        """Reads every module below the folder of the package."""
        self._modules = {
            path.relative_to(package).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
            for path in sorted(package.rglob("*.py"))
        }
        definitions = [
            (module, node)
            for module, tree in self._modules.items()
            for node in ast.walk(tree)
            if isinstance(node, Definition)
        ]
        self._classes = {node.name: node for _, node in definitions if isinstance(node, ast.ClassDef)}
        self._takers: dict[str, list[_Taker]] = {}
        for module, node in definitions:
            if "code" in (parameters := self._parameters(node)):
                taker = _Taker(parameters=parameters, node=node, module=module)
                self._takers.setdefault(node.name, []).append(taker)

    def codes(self) -> list[Code]:
        """Every code, sorted."""
        found: dict[str, Code] = {}
        for module, tree in self._modules.items():
            for call in self._calls(tree, module):
                for text in filter(CODE.fullmatch, call.texts("code")):
                    code = found.setdefault(text, Code(code=text))
                    kind, messages = self._meaning(call)
                    code.places.add(module)
                    code.kinds |= kind
                    code.messages |= messages
        return [found[code] for code in sorted(found)]

    def _calls(self, node: ast.AST, module: str, owner: str = "") -> Iterator[_Call]:
        """The calls in a scope and in the scopes inside it that are given a code."""
        for inner in _within(node):
            if isinstance(inner, Definition):
                yield from self._calls(
                    inner, module, inner.name if isinstance(inner, ast.ClassDef) else owner
                )
            elif isinstance(inner, ast.Call) and (taker := self._taker(_called(inner), module)) is not None:
                yield _Call(node=inner, taker=taker, scope=node, owner=owner)

    def _meaning(self, call: _Call) -> tuple[set[str], set[str]]:
        """What the code marks, and its sentences: by the call, or by the helper that hands them on."""
        kinds: set[str] = set()
        messages: set[str] = set()
        for _ in range(_LAYERS_OF_HELPERS):
            kinds = kinds or self._kind(call.name)
            messages = messages or call.texts("message")
            inner = self._handed_on(call.taker)
            if (kinds and messages) or inner is None:
                break
            call = inner
        return kinds, messages

    def _handed_on(self, taker: _Taker) -> _Call | None:
        """The first call inside a helper that gets the helper's own code."""
        owner = taker.node.name if isinstance(taker.node, ast.ClassDef) else ""
        for node in ast.walk(taker.node):
            inner = self._taker(_called(node), taker.module) if isinstance(node, ast.Call) else None
            if inner is None or inner is taker or not isinstance(node, ast.Call):
                continue
            given = _argument(node, inner.parameters, "code")
            if isinstance(given, ast.Name) and given.id == "code":
                return _Call(node=node, taker=inner, scope=taker.node, owner=owner)
        return None

    def _kind(self, name: str) -> set[str]:
        while name not in ERRORS and name not in OTHERS:
            bases = _bases(self._classes[name]) if name in self._classes else []
            if not bases:
                return set()
            name = bases[0]
        return {OTHERS.get(name, name)}

    def _taker(self, name: str, module: str) -> _Taker | None:
        """Who is called by this name here: the nearest one where several have it."""
        takers = self._takers.get(name, [])
        return max(takers, key=lambda taker: _nearness(taker.module, module), default=None)

    def _parameters(self, node: Definition) -> tuple[str, ...]:
        """The names that a call can give, in order; a class has those of its constructor, fields or base."""
        if not isinstance(node, ast.ClassDef):
            arguments = node.args
            names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
            return tuple(name for name in names if name != "self")
        for member in node.body:
            if isinstance(member, ast.FunctionDef) and member.name == "__init__":
                return self._parameters(member)
        annotated = [member.target for member in node.body if isinstance(member, ast.AnnAssign)]
        fields = tuple(target.id for target in annotated if isinstance(target, ast.Name))
        inherited = (self._parameters(self._classes[base]) for base in _bases(node) if base in self._classes)
        return fields or next(inherited, ())


def _bases(node: ast.ClassDef) -> list[str]:
    return [base.id for base in node.bases if isinstance(base, ast.Name)]


def _nearness(module: str, other: str) -> int:
    """How many folders two modules share, and one more where they are the same."""
    ours, theirs = module.split("/"), other.split("/")
    shared = 0
    while shared < min(len(ours), len(theirs)) and ours[shared] == theirs[shared]:
        shared += 1
    return shared


def _within(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, in order; functions and classes inside it, but not what is in those."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, Definition):
            yield from _within(node)


def _called(call: ast.Call) -> str:
    """The name that is called; ``super().__init__`` counts as the root of all errors."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    if not isinstance(call.func, ast.Attribute):
        return ""
    return _ROOT if call.func.attr == "__init__" else call.func.attr


def _argument(call: ast.Call, parameters: tuple[str, ...], name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    place = parameters.index(name) if name in parameters else len(call.args)
    return call.args[place] if place < len(call.args) else None


def _texts(expression: ast.expr | None, scope: ast.AST | None = None) -> Iterator[str]:
    """The texts that an expression can stand for; a name is followed to what was put into it last."""
    match expression:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)
        case ast.Name(id=name, lineno=line) if isinstance(scope, Function):
            assigned = [
                node.value
                for node in _within(scope)
                if isinstance(node, ast.Assign)
                and ast.unparse(node.targets[0]) == name
                and node.lineno < line
            ]
            yield from _texts(assigned[-1] if assigned else None)
