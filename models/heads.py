"""Which of a model's outputs is the policy and which the value. Knows no TensorFlow.

A model gives logits and value as a tuple, as a list, or as a dict; with one output it is no agent. B: rows,
A: actions.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Shape = tuple[int, ...]
Key = int | str

NAMES = ("logits", "value")


class Heads(NamedTuple):
    """Where logits and value are.

    Attributes:
        logits: place or name of the logits, [B, A].
        value: place or name of the value, [B, 1] or [B].
        value_is_column: whether the value has a second axis.
    """

    logits: Key = 0
    value: Key = 1
    value_is_column: bool = True

    def pick(self, outputs: Any) -> tuple[Any, Any]:
        """Logits [B, A] and value [B] of a model's outputs, tensors or arrays."""
        value = outputs[self.value]
        return outputs[self.logits], value[:, 0] if self.value_is_column else value

    def arrange(self, of_logits: Any, of_value: Any) -> Any:
        """Something for each of the two, in the structure in which the model gives them, as Keras wants losses."""
        if isinstance(self.logits, str):
            return {self.logits: of_logits, self.value: of_value}
        return [of_logits, of_value] if self.logits == 0 else [of_value, of_logits]

    def sort(self, losses: Sequence[Any]) -> tuple[Any, Any]:
        """The logits' and the value's of two things, such as losses, that Keras gives in the order of `arrange`."""
        first, second = losses
        return (second, first) if self.logits == 1 else (first, second)

    def as_target(self, values: Any) -> Any:
        """Values [B] in the form in which the model gives its own, [B, 1] or [B]: what Keras wants as a target."""
        return values[:, None] if self.value_is_column else values


def find_heads(outputs: Mapping[str, Shape] | Sequence[Shape], actions: int) -> Heads | None:
    """Which output is which: by the names ``logits`` and ``value``, or by their shapes.

    Args:
        outputs: shape of one row of each; in a dict where the model gives one.
        actions: A; 0 where nobody knows.

    Returns:
        None of a model with one output.

    Raises:
        ValueError: where they are neither; says what was expected and what came.
    """
    shapes: dict[Key, Shape] = {}
    shapes.update(outputs if isinstance(outputs, Mapping) else enumerate(outputs))
    if len(shapes) == 1:
        return None
    named = [name for name in NAMES if name in shapes]
    if len(shapes) == 2:
        # Logits first: with one action both have the same shape, and then that is what is meant.
        first, second = named if len(named) == 2 else shapes
        for logits, value in ((first, second), (second, first)):
            fits = len(shapes[logits]) == 1 and shapes[logits][0] == (actions or max(2, shapes[logits][0]))
            if fits and shapes[value] in {(1,), ()} and (len(named) < 2 or logits == NAMES[0]):
                return Heads(logits, value, shapes[value] == (1,))
    told = ", ".join(
        f"{f'{name}: ' if isinstance(name, str) else ''}{rows_of(shape)}" for name, shape in shapes.items()
    )
    raise ValueError(
        f"expected one output, or logits [rows, {actions or 'actions'}] and a value [rows, 1]; got "
        f"{len(shapes)} outputs of shape {told}"
    )


def rows_of(shape: Shape) -> str:
    """A shape of one row as that of a batch: ``[rows, 2]``."""
    return f"[{', '.join(['rows', *map(str, shape)])}]"
