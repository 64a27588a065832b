"""Which output is the policy and which the value: by name or by shape, and never by guessing."""

from typing import Any

import numpy as np
import pytest

from eagerbench.models.heads import Heads, find_heads, rows_of


@pytest.mark.parametrize(
    ("outputs", "actions", "heads"),
    [
        ([(2,), (1,)], 2, Heads(0, 1, True)),
        ([(1,), (2,)], 2, Heads(1, 0, True)),
        ([(2,), ()], 2, Heads(0, 1, False)),
        ([(), (2,)], 2, Heads(1, 0, False)),
        ([(1,), (1,)], 1, Heads(0, 1, True)),
        ([(5,), (1,)], 0, Heads(0, 1, True)),
        ([(1,), (5,)], 0, Heads(1, 0, True)),
        ({"logits": (2,), "value": (1,)}, 2, Heads("logits", "value", True)),
        ({"value": (1,), "logits": (1,)}, 1, Heads("logits", "value", True)),
        ({"policy": (3,), "critic": ()}, 3, Heads("policy", "critic", False)),
        ({"critic": (1,), "policy": (3,)}, 3, Heads("policy", "critic", True)),
    ],
)
def test_heads_are_found_by_name_and_by_shape(outputs: Any, actions: int, heads: Heads) -> None:
    """In any order; where both have the same shape, by name, or logits first."""
    assert find_heads(outputs, actions) == heads


@pytest.mark.parametrize("outputs", [[(7,)], [()], [(4, 4)], {"logits": (2,)}, {"embedding": (64,)}])
def test_a_single_output_is_no_agent(outputs: Any) -> None:
    """Whatever it is called, and whatever its shape."""
    assert find_heads(outputs, 2) is None


@pytest.mark.parametrize(
    ("outputs", "actions", "said"),
    [
        ([(3,), (1,)], 2, "logits [rows, 2] and a value [rows, 1]; got 2 outputs of shape [rows, 3], [rows, 1]"),
        ([(2,), (2,)], 2, "got 2 outputs of shape [rows, 2], [rows, 2]"),
        ([(2, 1), (1,)], 2, "got 2 outputs of shape [rows, 2, 1], [rows, 1]"),
        ([(2,), (1, 1)], 2, "got 2 outputs of shape [rows, 2], [rows, 1, 1]"),
        ([(1,), (1,)], 0, "logits [rows, actions] and a value [rows, 1]; got 2 outputs"),
        ([(2,), (1,), (1,)], 2, "got 3 outputs of shape [rows, 2], [rows, 1], [rows, 1]"),
        ([], 2, "got 0 outputs"),
        ({"logits": (1,), "value": (2,)}, 2, "got 2 outputs of shape logits: [rows, 1], value: [rows, 2]"),
    ],
)
def test_other_outputs_are_refused_with_what_came(outputs: Any, actions: int, said: str) -> None:
    """What was expected and every shape that came; a name that contradicts its shape is not overruled."""
    with pytest.raises(ValueError, match="expected one output, or logits") as caught:
        find_heads(outputs, actions)
    assert said in str(caught.value)


def test_logits_and_values_are_picked_in_one_form() -> None:
    """Logits [B, A] and values [B], whatever the structure and whether the value has a column."""
    logits, value = np.arange(6.0).reshape(3, 2), np.array([7.0, 8.0, 9.0])
    for heads, outputs in (
        (Heads(0, 1, True), (logits, value[:, None])),
        (Heads(1, 0, True), [value[:, None], logits]),
        (Heads(0, 1, False), (logits, value)),
        (Heads("z", "a", True), {"a": value[:, None], "z": logits}),
    ):
        picked = heads.pick(outputs)
        assert picked[0] is logits
        assert picked[1].tolist() == [7.0, 8.0, 9.0]


@pytest.mark.parametrize(
    ("heads", "arranged"),
    [
        (Heads(0, 1), ["of logits", "of value"]),
        (Heads(1, 0), ["of value", "of logits"]),
        (Heads("policy", "critic"), {"policy": "of logits", "critic": "of value"}),
    ],
)
def test_losses_come_back_in_the_order_in_which_they_were_arranged(heads: Heads, arranged: Any) -> None:
    """Keras lists them as the model does; of a dict in the order of its losses."""
    given = heads.arrange("of logits", "of value")
    assert given == arranged
    listed = list(given.values()) if isinstance(given, dict) else given
    assert heads.sort(listed) == ("of logits", "of value")


def test_targets_of_the_value_have_its_form() -> None:
    """A column where the model gives one: else Keras would subtract every value from every target."""
    returns = np.ones(3)
    assert Heads(value_is_column=True).as_target(returns).shape == (3, 1)
    assert Heads(value_is_column=False).as_target(returns).shape == (3,)


def test_shapes_are_told_as_those_of_batches() -> None:
    """With the rows in front."""
    assert (rows_of(()), rows_of((84, 84, 4))) == ("[rows]", "[rows, 84, 84, 4]")
