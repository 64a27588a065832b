"""The article's benchmark as code that runs today: what a notebook would execute, cell by cell, as text.

Text, so that the report can show the very lines that were measured, where TensorFlow is absent. Every change to the
article's own code is told in `CHANGES`. Knows no TensorFlow.
"""

from typing import NamedTuple

ARTICLE_ENV = "CartPole-v0"
ARTICLE_ROWS = 100_000
STEP_ROWS = 32  # of Keras predict, where nothing else is asked for

# The cells before the timed ones. `rows` is given from outside.
SETUP = f"""\
import gymnasium as gym
import numpy as np
import tensorflow as tf
import tensorflow.keras.layers as kl

class ProbabilityDistribution(tf.keras.Model):
    def call(self, logits):
        # sample a random categorical action from given logits
        return tf.squeeze(tf.random.categorical(logits, 1), axis=-1)

class Model(tf.keras.Model):
    def __init__(self, num_actions):
        super().__init__(name='mlp_policy')
        # no tf.get_variable(), just simple Keras API
        self.hidden1 = kl.Dense(128, activation='relu')
        self.hidden2 = kl.Dense(128, activation='relu')
        self.value = kl.Dense(1, name='value')
        # logits are unnormalized log probabilities
        self.logits = kl.Dense(num_actions, name='policy_logits')
        self.dist = ProbabilityDistribution()

    def call(self, inputs):
        # inputs is a numpy array, convert to Tensor
        x = tf.convert_to_tensor(inputs, dtype=tf.float32)
        # separate hidden layers from the same input tensor
        hidden_logs = self.hidden1(x)
        hidden_vals = self.hidden2(x)
        return self.logits(hidden_logs), self.value(hidden_vals)

# create a 100000 samples batch
env = gym.make('{ARTICLE_ENV}')
obs = np.repeat(env.reset()[0][None, :], rows, axis=0)
"""


class Cell(NamedTuple):
    """One cell of the notebook, which it times from its first line to its last.

    Attributes:
        title: what the article calls it, or what we do.
        build: all lines but the last.
        call: its last line: one forward pass of all rows.
    """

    title: str
    build: str
    call: str

    @property
    def source(self) -> str:
        """All of it."""
        return self.build + self.call


_FLAGS = """\
print("Eager Execution:  ", tf.executing_eagerly())
print("Eager Keras Model:", model.run_eagerly)
"""
_INSIDE = "".join(f"    {line}\n" for line in _FLAGS.splitlines())

EAGER = Cell(
    "Eager benchmark",
    f"model = Model(int(env.action_space.n))\nmodel.run_eagerly = True\n{_FLAGS}",
    "_ = model(obs)\n",
)
STATIC_AS_WRITTEN = Cell(
    "Static benchmark, as written",
    "",
    f"""\
with tf.Graph().as_default():
    model = Model(int(env.action_space.n))
{_INSIDE}    _ = model.predict(obs)
""",
)
# Keras of 2019 cut the input into steps of 32 rows and ran each in a session; so does this.
STATIC = Cell(
    "Static benchmark, the nearest that runs",
    f"""\
with tf.Graph().as_default():
    model = Model(int(env.action_space.n))
{_INSIDE}    inputs = tf.compat.v1.placeholder(tf.float32, [None, *obs.shape[1:]])
    outputs = model(inputs)
    session = tf.compat.v1.Session()
    session.run(tf.compat.v1.global_variables_initializer())
""",
    f"_ = [session.run(outputs, {{inputs: obs[row:row + {STEP_ROWS}]}}) for row in range(0, len(obs), {STEP_ROWS})]\n",
)
DEFAULT = Cell(
    "Default benchmark",
    f"model = Model(int(env.action_space.n))\n{_FLAGS}",
    "_ = model.predict(obs)\n",
)
# Not in the article: what its default cell was meant to show.
FUNCTION = Cell(
    "The model in a tf.function",
    f"model = Model(int(env.action_space.n))\nfunction = tf.function(model)\n{_FLAGS}",
    "_ = function(obs)\n",
)

CELLS = {
    "eager": EAGER,
    "static-as-written": STATIC_AS_WRITTEN,
    "static": STATIC,
    "default": DEFAULT,
    "function": FUNCTION,
}

# CPU seconds, user and system, that the article printed in 2019: the numbers that it compares.
ARTICLE_CPU_S = {"eager": 1.38, "static": 0.873, "default": 1.02}

# What had to be changed, and why; the rest is the article's, word for word.
CHANGES = (
    "gym became gymnasium, whose reset() returns a pair: env.reset()[0]. Its observations are float32 today.",
    "Keras 3 takes a model's name by keyword only: super().__init__(name='mlp_policy').",
    "Keras 3 refuses a NumPy integer as a number of units: Model(int(env.action_space.n)).",
    (
        "The static cell as written does not run on Keras 3: its predict() goes through a tf.data.Dataset in Python, "
        "which a tf.Graph forbids. In its place stands the nearest that runs, by hand what predict() did in 2019: the "
        "forward pass is built in the graph and run in a tf.compat.v1.Session, 32 rows a step, all inside the clock."
    ),
)
