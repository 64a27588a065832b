"""The definitions of a notebook, as a file that other processes can import.

What is defined in a cell lives in a module without a file. A measuring process is given the cells' imports, classes and
functions, and numbers and texts as they are now, as far as the model needs them; everything else of the notebook would
have effects.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from eagerbench.errors import UserError

# Magics whose cell is Python all the same.
_PYTHON_MAGICS = {"time", "capture", "prun"}
# Of what an expression may consist that gives the same wherever it is evaluated.
_PURE = (
    ast.Constant,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.UnaryOp,
    ast.BinOp,
    ast.Name,
    ast.operator,
    ast.unaryop,
    ast.expr_context,
)


def shell() -> Any:
    """IPython's shell where code runs in one, in a notebook or a terminal; else None."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module else None


def executed_cells() -> list[str]:
    """The cells executed so far, in order, with magics as the calls that IPython makes of them."""
    running = shell()
    return [str(cell) for cell in running.user_ns.get("In", [])] if running else []


def definitions(cells: Sequence[str], wanted: Iterable[str], namespace: Mapping[str, Any]) -> str:
    """A module that defines some names as a notebook does.

    Args:
        cells: Python, in the order of execution; one that isn't is left out.
        wanted: names of functions and classes.
        namespace: the notebook's names, with their values.

    Returns:
        Source text: what defines these names and all that they use, where later definitions replace earlier ones:
        imports, classes, functions, assignments of them to other names, and numbers, texts and collections of them, as
        they are now, whichever cells brought them there.

    Raises:
        UserError: where no cell defines a wanted name so.
    """
    everything: list[ast.stmt] = []  # star imports: nobody knows what they define
    binding: dict[str, ast.stmt] = {}
    for statement in _statements(cells):
        names = list(_bound(statement))
        if names == ["*"]:
            everything.append(statement)
        elif names:
            binding |= dict.fromkeys(names, statement)
        else:  # in a way that can't be repeated: what was bound before is no longer what the name stands for
            for name in _rebound(statement):
                binding.pop(name, None)
    for name in {used for statement in binding.values() for used in _used(statement)}:
        literal = _literal(namespace.get(name))
        if literal:
            binding[name] = ast.parse(f"{name} = {literal}").body[0]
    for name in wanted:
        if name not in binding:
            raise UserError(
                f"no cell of this notebook defines {name} at its top level; write it to a file (%%writefile policy.py "
                "in its cell) and import it from there"
            )
    kept: list[ast.stmt] = []
    for name in wanted:
        _keep(binding[name], binding, kept, set())
    return "\n\n".join(map(ast.unparse, [*everything, *kept])) + "\n"


def _statements(cells: Sequence[str]) -> Iterator[ast.stmt]:
    for cell in cells:
        try:
            tree = ast.parse(cell)
        except (SyntaxError, ValueError):  # a cell that failed when it was executed, too
            continue
        for statement in tree.body:
            inside = _python_of_a_magic(statement)
            if inside is None:
                yield statement
            else:
                yield from _statements([inside])


def _python_of_a_magic(statement: ast.stmt) -> str | None:
    """The cell under a magic such as ``%%time``."""
    match statement:
        case ast.Expr(
            ast.Call(ast.Attribute(_, "run_cell_magic"), [ast.Constant(str() as magic), _, ast.Constant(str() as cell)])
        ) if magic in _PYTHON_MAGICS:
            return cell
    return None


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement binds which may be repeated elsewhere."""
    match statement:
        case ast.Import(names):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
        case ast.ImportFrom(_, names):
            yield from (alias.asname or alias.name for alias in names)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets, value) if _pure(value):
            assigned = [target.id for target in targets if isinstance(target, ast.Name)]
            if len(assigned) == len(targets) and not _used(value) & set(assigned):
                yield from assigned
        case ast.AnnAssign(ast.Name(name), _, ast.expr() as value) if _pure(value) and name not in _used(value):
            yield name


def _rebound(node: ast.AST) -> Iterator[str]:
    """Names that are assigned, defined or deleted anywhere in a statement, other than those of scopes inside."""
    match node:
        case ast.Name(name, ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            pass
        case _:
            for inside in ast.iter_child_nodes(node):
                yield from _rebound(inside)


def _literal(value: Any) -> str:
    """A number, a text or a collection of them as source text; empty where it is anything else."""
    if not isinstance(value, bool | int | float | complex | str | bytes | tuple | list | set | dict):
        return ""
    try:
        text = repr(value)
        return text if ast.literal_eval(text) == value else ""
    except Exception:  # noqa: BLE001 - of collections of a user's, anything may come
        return ""


def _pure(value: ast.expr) -> bool:
    return all(isinstance(node, _PURE) for node in ast.walk(value))


def _used(node: ast.AST) -> set[str]:
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


def _keep(statement: ast.stmt, binding: dict[str, ast.stmt], kept: list[ast.stmt], asked: set[int]) -> None:
    """Add what a statement uses, then the statement: a base class must be there before what is derived from it."""
    if id(statement) in asked or statement in kept:
        return
    asked.add(id(statement))
    for name in sorted(_used(statement)):
        if name in binding:
            _keep(binding[name], binding, kept, asked)
    kept.append(statement)
