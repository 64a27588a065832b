"""A sequential model with a single output, such as the values of all actions in Q-learning.

    eagerbench run --model examples/sequential_model.py:make_model --env CartPole-v1

Without a policy and a value there is nothing that an actor-critic could learn: forward passes, cold starts, memory and
traces are measured, gradient steps and training are not.
"""

import keras


def make_model(observation_shape: tuple[int, ...], actions: int) -> keras.Model:
    """The value of each action."""
    return keras.Sequential(
        [
            keras.Input(observation_shape),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(actions),
        ],
        name="action_values",
    )
