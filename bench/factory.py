"""What a process executes: the suite's own model, a user's factory, or a live model that was handed over.

Importing this imports no Keras; making a model does.
"""

import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from eagerbench.cases import Case
from eagerbench.context import Context, set_keras
from eagerbench.errors import UserError, out_of_memory
from eagerbench.models.a2c import EnvironmentSpec
from eagerbench.models.calls import import_reference
from eagerbench.models.heads import Heads, rows_of
from eagerbench.results import Model

if TYPE_CHECKING:
    import keras

    from eagerbench.modes.base import Subject, Traits

EXPECTED = "expected pkg.module:factory or path/to/model.py:factory, a function or class that gives a Keras model"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# Where TensorFlow says in which lines a node was made, and which nodes it is.
_DETECTED = re.compile(
    r"Graph execution error:\s*"
    r"(?:Detected at node .* defined at \(most recent call last\):\n(?:\s*File .*\n|\s*\n|Node: .*\n)*)+"
)
_NODE = re.compile(r"\s*\[\[\{\{node .*?\}\}\]\](?: \[Op:[^\]]*\])?")
_SAVED = re.compile(r"\.(keras|h5)$|saved_model")
_FRAME = re.compile(r"^Exception encountered when calling .*?\.\s*\n")


class Source(msgspec.Struct, frozen=True):
    """Where a model comes from; the suite's own where nothing is said.

    Attributes:
        factory: ``pkg.module:factory`` or ``path/to/model.py:factory``.
        archive: path of a ``.keras`` file that a live model was written to.
        code: where the classes of such a model are found, ``pkg.module:Class`` or ``path/to/file.py:Class``.
        context: what the session that handed it over adds to the code.
    """

    factory: str = ""
    archive: str = ""
    code: tuple[str, ...] = ()
    context: Context = Context()

    @property
    def own(self) -> bool:
        """Whether it is the user's and not the suite's."""
        return bool(self.factory or self.archive)


class Maker:
    """Makes one model, again and again.

    Args:
        spec: of its observations and actions.
        hidden: width of the hidden layers of the suite's own model.
        source: where it comes from; the suite's own where nothing is said.
        model: what is known of it.
    """

    def __init__(
        self, spec: EnvironmentSpec, hidden: int, source: Source | None = None, model: Model | None = None
    ) -> None:
        self.spec = spec
        self._hidden = hidden
        self._source = source or Source()
        self._model = model or Model("actor-critic")

    @property
    def own(self) -> bool:
        """Whether it is the user's model and not the suite's."""
        return self._source.own

    @property
    def traits(self) -> "Traits":
        """What a mode may have to know of it."""
        from eagerbench.modes.base import Traits

        return Traits(self.own, self._model.random, self._model.stateful)

    def refused(self, case: Case, error: Exception) -> str | None:
        """Why a mode can't execute a user's model, where that is what an exception says.

        The suite's own model is known to run in every mode: there it says that something is broken. So it does where
        the user's model doesn't even run eagerly, or where there was not enough memory.
        """
        if not self.own or case.executed == "eager" or out_of_memory(error):
            return None
        # What making it raised, in a graph say, is the reason; that it couldn't be made is how this came out.
        cause = error.__cause__ if isinstance(error, UserError) and error.__cause__ else error
        return f"this mode can't execute the model: {told(cause)}"

    def make(self, seed: int) -> "keras.Model":
        """The model, built; the same weights for the same seed in every process, or those that were handed over.

        Raises:
            UserError: where a user's can't be made.
        """
        if self.own:
            return made(self._source, self.spec, seed)
        from eagerbench.models.actor_critic import make_actor_critic

        return make_actor_critic(
            self.spec.observation_shape, self.spec.actions, self._hidden, seed, scale=self.spec.scale
        )

    def subject(self, seed: int) -> "Subject":
        """What a mode is given: a model of its own, and how to make another."""
        from eagerbench.modes.base import Subject

        return Subject(
            model=self.make(seed),
            make=lambda: self.make(seed),
            observation_shape=self.spec.observation_shape,
            heads=self._model.heads or Heads(),
            traits=self.traits,
        )


def made(source: Source, spec: EnvironmentSpec, seed: int) -> "keras.Model":
    """A user's model, built.

    Raises:
        UserError: where it can't be made.
    """
    if source.archive:
        from eagerbench.archive import load_archive

        return load_archive(source)
    factory = _imported(source.factory)
    set_keras(source.context)  # only now: what its file sets, the session may have set again
    return _built(source.factory, factory, spec, seed)


def _imported(text: str) -> Callable[..., Any]:
    import keras

    module, _, name = text.rpartition(":")
    if not module or not name:
        loads = f"; a saved one by def make(): return keras.models.load_model({text!r})" if _SAVED.search(text) else ""
        raise UserError(f"model {text!r}: {EXPECTED}{loads}")
    try:
        factory = import_reference(text)
    except SystemExit as error:
        raise UserError(
            f"model {text!r}: its file ends the process while it is imported ({told(error)}); expected such code "
            "below if __name__ == '__main__':"
        ) from error
    except Exception as error:  # a module may raise anything while it is imported
        raise UserError(f"model {text!r} can't be imported: {told(error)}; {EXPECTED}") from error
    if isinstance(factory, keras.Model):
        raise UserError(
            f"model {text!r} is a model, and each mode needs one of its own: expected a factory, such as "
            f"def make(): return {type(factory).__name__}(…)"
        )
    if not callable(factory):
        raise UserError(f"model {text!r} is a {type(factory).__name__}; {EXPECTED}")
    return factory  # type: ignore[no-any-return]


def _built(text: str, factory: Callable[..., Any], spec: EnvironmentSpec, seed: int) -> "keras.Model":
    import keras
    import numpy as np

    keras.utils.set_random_seed(seed)
    try:
        model = factory(**_arguments(text, factory, spec))
    except UserError:
        raise
    except (Exception, SystemExit) as error:  # a user's code may raise anything
        raise UserError(f"model {text!r} can't be made: {told(error)}") from error
    if not isinstance(model, keras.Model):
        raise UserError(f"model {text!r} returned a {type(model).__name__}; {EXPECTED}")
    try:
        # Also one that says it is built: `build` of a subclassed model may leave its layers without weights.
        model(np.zeros((1, *spec.observation_shape), np.float32))
    except Exception as error:  # a user's code may raise anything
        shape = rows_of(spec.observation_shape)
        raise UserError(f"model {text!r} can't be given observations {shape}: {told(error)}") from error
    return model


def _arguments(text: str, factory: Callable[..., Any], spec: EnvironmentSpec) -> dict[str, Any]:
    """What a factory is given: the shape of an observation and the number of actions, where it asks for them."""
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):  # some callables written in C have none
        return {}
    known = {"observation_shape": spec.observation_shape, "actions": spec.actions or None}
    named = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    asked = {own.name: own.default is own.empty for own in parameters if own.kind in named}
    given = {name: known[name] for name, needed in asked.items() if name in known and (needed or known[name])}
    required = [name for name, needed in asked.items() if needed and name not in given]
    if not given and len(required) == 2:
        given, required = dict(zip(required, known.values(), strict=True)), []
    if required:
        raise UserError(
            f"model {text!r} takes {', '.join(required)}: expected a factory that takes nothing, or observation_shape "
            "and actions"
        )
    if None in given.values():
        raise UserError(
            f"model {text!r} asks for the number of actions, and nobody knows it: give actions a default, or add --env"
        )
    return given


def told(error: BaseException) -> str:
    """An exception of a user's code in one line, without what is put around it.

    Of Keras: frame, colours, arguments. Of TensorFlow: where a node was made, and its name.
    """
    if isinstance(error, UserError):  # one of our own, said in words
        return " ".join(str(error).split())
    text = _COLOURS.sub("", str(error))
    for tail in ("Arguments received by ", "\nOriginal stack trace for "):
        text = text.partition(tail)[0]
    text = _NODE.sub("", _DETECTED.sub("", _FRAME.sub("", text)))
    return f"{type(error).__name__}: {' '.join(text.split())[:300]}"
