"""The traps in words and code, for who wants to learn or to teach them. What was measured stands elsewhere.

In the code ``clock()`` is a fine clock in seconds, ``model`` is a Keras model and ``observations`` is a NumPy array. A
test executes every line of it.
"""

from typing import NamedTuple


class Lesson(NamedTuple):
    """One trap.

    Attributes:
        title: its name in a heading.
        short: its name in a figure.
        naive: code that falls into it.
        right: code that doesn't.
        why: one sentence.
        instead: one sentence on what to do.
        harmless: what to say where no difference is shown.
    """

    title: str
    short: str
    naive: str
    right: str
    why: str
    instead: str
    harmless: str


LESSONS: dict[str, Lesson] = {
    "cold-run": Lesson(
        title="One cold run",
        short="cold run",
        naive="""\
start = clock()
model(observations)  # the first call
print(clock() - start)
""",
        right="""\
for _ in range(10):
    model(observations)  # warm up, untimed

times = []
for _ in range(50):
    start = clock()
    model(observations)
    times.append(clock() - start)
print(median(times))
""",
        why="The first call also starts threads, loads kernels, creates variables and traces; no later call does.",
        instead="Warm up, untimed, until calls no longer get faster, and take the median of many; tell the first call "
        "as a number of its own.",
        harmless="Where calls take long, what happens only once is a small part of the first.",
    ),
    "steps": Lesson(
        title="Thousands of steps against one",
        short="many steps",
        naive="""\
start = clock()
model.predict(observations)  # 32 rows a step
predict_s = clock() - start

start = clock()
model(observations)  # all rows in one step
call_s = clock() - start
""",
        right="""\
start = clock()
model.predict(observations, batch_size=len(observations))
predict_s = clock() - start

start = clock()
model(observations)
call_s = clock() - start
""",
        why="Keras cuts what predict is given into steps of 32 rows, and every step costs Python, an iterator and a "
        "dispatch, however little there is to compute.",
        instead="Compare equal steps: predict(x, batch_size=len(x)), or the model itself; and say the rows of a step "
        "beside every time.",
        harmless="With so few rows there are too few steps to tell.",
    ),
    "construction": Lesson(
        title="Construction inside the clock",
        short="construction",
        naive="""\
start = clock()
model = Model(actions)
model(observations)
print(clock() - start)
""",
        right="""\
model = Model(actions)
model(observations)  # also creates the variables

start = clock()
model(observations)
print(clock() - start)
""",
        why="Layers, variables, a graph and a session are built once in the life of a program, and the clock charges "
        "all of it to a single call.",
        instead="Build before the clock starts; where building matters, time it by itself.",
        harmless="Building is a small part of a call on so many rows; on few rows it is most of it.",
    ),
    "identical-rows": Lesson(
        title="Identical rows",
        short="identical rows",
        naive="""\
batch = np.repeat(observations[:1], 1000, axis=0)
model(batch)
""",
        right="""\
batch = observations[:1000]  # all different
model(batch)
""",
        why="Equal rows can't show a cost that depends on the data, and they can't show a wrong answer: with all rows "
        "alike, a row computed in the place of another looks right.",
        instead="Time distinct, real observations, and hold the outputs against a reference before any time counts.",
        harmless="A dense layer multiplies whatever it is given, so none was to be expected; what identical rows still "
        "hide is a wrong answer.",
    ),
    "float64": Lesson(
        title="float64 input",
        short="float64 input",
        naive="""\
batch = np.array(observations.tolist())  # float64, NumPy's default
model(batch)
""",
        right="""\
batch = np.asarray(observations, np.float32)  # once, outside of the clock
model(batch)
""",
        why="The batch has twice the bytes and is cast to float32 in every call; and a tf.function takes another dtype "
        "for another signature, and traces once more.",
        instead="Convert once, before the clock starts, to the dtype of the model.",
        harmless="The cast costs too little to be seen beside the rest.",
    ),
    "tracing": Lesson(
        title="Tracing inside a loop",
        short="tracing in loop",
        naive="""\
for batch in batches:
    execute = tf.function(model)  # a new one, traced anew
    execute(batch)
""",
        right="""\
execute = tf.function(model)  # once
for batch in batches:
    execute(batch)  # traced by the first call
""",
        why="A new tf.function knows nothing of the one before it, so each is traced from Python before it can run.",
        instead="Make the tf.function once, before the loop; count its traces with experimental_get_tracing_count().",
        harmless="Beside a call that takes so long, tracing a model this small is not seen.",
    ),
    "order": Lesson(
        title="The first cell pays for all",
        short="first cell pays",
        naive="""\
def cell(model):
    start = clock()
    model(observations)
    return clock() - start

first = cell(model_a)   # starts TensorFlow, too
second = cell(model_b)
""",
        right="""\
def cell(model):
    start = clock()
    model(observations)
    return clock() - start

model_a(observations), model_b(observations)  # untimed
times = {"a": [], "b": []}
for _ in range(50):
    for name, model in sample([("a", model_a), ("b", model_b)], 2):
        times[name].append(cell(model))
""",
        why="What TensorFlow does once in a process, threads, kernels, memory, is done by whichever cell comes first, "
        "and counted as that cell's time.",
        instead="Execute everything once, untimed, and take turns in shuffled order; or give each candidate its own "
        "processes.",
        harmless="The cell itself takes so long that the start of TensorFlow is not seen.",
    ),
    "unread-results": Lesson(
        title="Results that nobody reads",
        short="unread results",
        naive="""\
start = clock()
logits, value = model(observations)
print(clock() - start)  # maybe before they are computed
""",
        right="""\
start = clock()
logits, value = [output.numpy() for output in model(observations)]
print(clock() - start)
""",
        why="A device that works asynchronously, as a GPU does, returns from a call before it has computed, and the "
        "clock stops too early.",
        instead="End on the host in every mode alike: read each output with .numpy() before the clock stops.",
        harmless="On a processor TensorFlow's calls return when they are done; on a GPU the same code would be wrong.",
    ),
}
