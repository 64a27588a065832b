"""``gate.json``: what is written is what is read, and what no gate can have written is refused in one line."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from eagerbench import cli
from eagerbench.errors import UserError
from eagerbench.gate import judge_live
from eagerbench.gate_record import (
    BASE,
    CONTROL,
    HEAD,
    SIDES,
    Block,
    GateRecord,
    Round,
    SideRecord,
    find_gate,
    read_gate,
    write_gate,
)
from eagerbench.results import CaseOutcome, Parity

ONE, TWO = "forward/eager/b1", "train/function/env1"
SCRIPT = "<script>alert(1)</script>"
Document = dict[str, Any]
Damage = Callable[[Document], Any]


def gate(label: str = "main (1a2b3c4d5e6f)") -> GateRecord:
    """Seven rounds of two cases, of which one is half as fast in head."""
    order = (HEAD, BASE, CONTROL, CONTROL, BASE, HEAD)
    said = CaseOutcome("ok", parity=Parity(True, "float64", 1e-7, "<= 1e-5"), warm=True, traces=1, traces_steady=0)
    rounds = tuple(
        Round(
            number=number,
            seed=100 + number,
            cases=(ONE, TWO),
            ended="complete",
            reason="",
            seconds=9.5,
            ready_seconds=4.25,
            outcomes={side: {ONE: said, TWO: said} for side in SIDES},
            steps={side: {ONE: 4} for side in SIDES},
            blocks=tuple(
                Block(case, place, 4, order, tuple(0.001 * head if side == HEAD else 0.001 for side in order))
                for case, head in ((ONE, 1.0), (TWO, 2.0))
                for place in range(3)
            ),
        )
        for number in range(7)
    )
    return GateRecord(
        schema_version=1,
        eagerbench="0.1.0",
        started="2026-01-02T03:04:05+00:00",
        command="eagerbench gate --base main",
        base=SideRecord(label, "1a2b3c4d5e6f+", "m:make", {"python": "3.11.7"}, {"eager": ("forward", "update")}),
        head=SideRecord("working tree", None, None),
        cases=(ONE, TWO),
        vanished=("forward/graph-v1/b1",),
        margins={ONE: 0.05, TWO: 0.1},
        env="CartPole-v1",
        seed=7,
        budget_s=300.0,
        machine={"cpu": "Example CPU", "cores": 2, "packages": {"keras": None}},
        rounds=rounds,
        ended="budget",
        reason="",
        seconds=66.5,
    )


@pytest.fixture
def document() -> Document:
    """What lies in the file."""
    found: Document = json.loads(msgspec.json.encode(gate()))
    return found


def stored(folder: Path, content: Document | bytes) -> Path:
    path = folder / "gate.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    """Every field, in a folder that is made for it, and again over what was there."""
    path = tmp_path / "new" / "gate.json"
    for record in (gate(), gate("other")):
        write_gate(path, record)
        assert read_gate(path) == record
    assert [own.name for own in path.parent.iterdir()] == ["gate.json"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file lies where the folder should be."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        write_gate(tmp_path / "taken" / "gate.json", gate())


def test_a_path_means_a_gate_where_no_run_lies(tmp_path: Path) -> None:
    """The file itself, or the folder with one; a folder with a run in it means the run."""
    assert find_gate(tmp_path / "gate.json") == tmp_path / "gate.json"
    assert find_gate(tmp_path) is None
    path = stored(tmp_path, b"")
    assert find_gate(tmp_path) == path
    (tmp_path / "results.json").write_text("")
    assert find_gate(tmp_path) is None
    assert find_gate(path) == path
    assert find_gate(tmp_path / "results.json") is None


def block(document: Document) -> Document:
    """Some block."""
    found: Document = document["rounds"][3]["blocks"][1]
    return found


DAMAGES: dict[str, tuple[Damage, str]] = {
    "newer": (lambda it: it.update(schema_version=2), "has gate schema version 2, this eagerbench reads 1"),
    "no version": (lambda it: it.pop("schema_version"), "is not a gate.json of schema 1"),
    "version is text": (lambda it: it.update(schema_version="1"), "is not a gate.json of schema 1"),
    "no blocks": (lambda it: it["rounds"][0].pop("blocks"), "is not a gate.json of schema 1"),
    "unknown end": (lambda it: it.update(ended="perhaps"), "is not a gate.json of schema 1"),
    "unknown status": (
        lambda it: it["rounds"][0]["outcomes"]["head"][ONE].update(status="good"),
        "is not a gate.json of schema 1",
    ),
    "traces are negative": (
        lambda it: it["rounds"][0]["outcomes"]["head"][ONE].update(traces=-1),
        "counts -1 traces or steps",
    ),
    "steps are negative": (lambda it: it["rounds"][0]["steps"].setdefault("head", {}).update({ONE: -2}), "counts -2"),
    "seconds are NaN": (lambda it: block(it)["seconds"].__setitem__(0, float("nan")), "is not a gate.json of schema 1"),
    "seconds are infinite": (
        lambda it: block(it)["seconds"].__setitem__(0, float("inf")),
        "is not a gate.json of schema 1",
    ),
    "seconds are null": (lambda it: block(it)["seconds"].__setitem__(0, None), "is not a gate.json of schema 1"),
    "seconds are negative": (lambda it: block(it)["seconds"].__setitem__(0, -0.1), "with impossible times"),
    "seconds are zero": (lambda it: block(it)["seconds"].__setitem__(5, 0.0), "with impossible times"),
    "seconds no clock shows": (lambda it: block(it)["seconds"].__setitem__(5, 1e300), "with impossible times"),
    "seconds are next to nothing": (lambda it: block(it)["seconds"].__setitem__(5, 1e-300), "with impossible times"),
    "one time less": (lambda it: block(it)["seconds"].pop(), "and 5 times"),
    "a side is missing": (lambda it: block(it).update(sides=["base", "head"] * 3), "with sides"),
    "no calls": (lambda it: block(it).update(calls=0), "with sides"),
    "unknown case": (lambda it: block(it).update(case="forward/eager/b2"), "'forward/eager/b2', which was not planned"),
    "case twice": (lambda it: it["cases"].append(ONE), "a case is there twice"),
    "case is none": (lambda it: it["cases"].append("eager"), "expected a case id like 'forward/eager/b1', got 'eager'"),
    "no margin": (lambda it: it["margins"].pop(ONE), "expected a margin above 0 for each case"),
    "a margin more": (lambda it: it["margins"].update({"forward/eager/b2": 0.1}), "expected a margin above 0"),
    "margin of nothing": (lambda it: it["margins"].update({ONE: 0.0}), "expected a margin above 0 for each case"),
    "negative margin": (lambda it: it["margins"].update({ONE: -0.1}), "expected a margin above 0 for each case"),
    "round twice": (lambda it: it["rounds"].append(it["rounds"][0]), "round 0 is there twice"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_no_gate_can_have_written_is_refused(document: Document, tmp_path: Path, damage: str) -> None:
    """In one line that names the file and what is wrong."""
    change, said = DAMAGES[damage]
    read_gate(stored(tmp_path, document))
    change(document)
    with pytest.raises(UserError) as caught:
        read_gate(stored(tmp_path, document))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "gate.json") in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b"gate",
        b"\xff\xfe\x00",
        b'{"schema_version": 1}',
        b'{"schema_version": 1e400}',
        b'{"schema_version": ' + b"9" * 5000 + b"}",
        b'{"schema_version": 1, "machine": ' + b"[" * 100_000,
        b'{"schema_version": 1, "machine": ' + b'{"a":' * 100_000,
    ],
)
def test_what_is_no_gate_at_all_is_refused(tmp_path: Path, content: bytes) -> None:
    """Empty, cut off, no object, no text, nested without end."""
    with pytest.raises(UserError, match=r"gate\.json") as caught:
        read_gate(stored(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    """At each of a hundred places."""
    write_gate(tmp_path / "gate.json", gate())
    whole = (tmp_path / "gate.json").read_bytes().rstrip()
    for length in range(0, len(whole), len(whole) // 100):
        with pytest.raises(UserError, match=r"is not a gate\.json"):
            read_gate(stored(tmp_path, whole[:length]))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Also where a folder has its name."""
    with pytest.raises(UserError, match=r"cannot read .*: No such file"):
        read_gate(tmp_path / "gate.json")
    (tmp_path / "gate.json").mkdir()
    with pytest.raises(UserError, match=r"gate\.json"):
        read_gate(tmp_path / "gate.json")


ODD: tuple[Any, ...] = (
    *(-1, 0, 0.0, 1, 2.5, 2**70, 1e300, 5e-324, 10**400, float("nan"), float("inf"), None, True),
    *("", "base", "ok", "complete", "forward/eager/b1", SCRIPT, "\x1b[31m\n", [], {}, [1], {"a": 1}),
)


def mutate(value: Any, drawing: random.Random) -> Any:
    """Something in it deleted, doubled, or put in place of something else."""
    if isinstance(value, dict) and value and drawing.random() < 0.9:
        key = drawing.choice(list(value))
        if drawing.random() < 0.1:
            return {other: own for other, own in value.items() if other != key}
        return {**value, key: mutate(value[key], drawing)}
    if isinstance(value, list) and value and drawing.random() < 0.9:
        place = drawing.randrange(len(value))
        cut = drawing.random()
        middle = [] if cut < 0.1 else [value[place]] * 2 if cut < 0.2 else [mutate(value[place], drawing)]
        return value[:place] + middle + value[place + 1 :]
    return drawing.choice(ODD)


@pytest.mark.parametrize("seed", range(10))
def test_altered_gates_are_refused_or_judged_and_never_better_than_they_were(
    document: Document, tmp_path: Path, seed: int
) -> None:
    """Fifty files with one change each: one line, or a verdict. The case that is half as fast stays in the plan."""
    drawing = random.Random(seed)
    for _ in range(50):
        path = stored(tmp_path, json.dumps(mutate(document, drawing)).encode())
        refused = ""
        try:
            record = read_gate(path)
        except UserError as error:
            refused = str(error)
        assert "\n" not in refused
        assert refused or judge_live(record).exit_code in {1, 3, 4}, path.read_text()


# As the command tells of it.


def report(capsys: pytest.CaptureFixture[str], path: Path, out: Path) -> tuple[int, str, str]:
    code = cli.main(["report", str(path), "--out", str(out)])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("damage", ["newer", "seconds are negative", "case twice", "a side is missing"])
def test_the_command_says_what_is_wrong_in_one_line(
    document: Document, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    """Exit code 2, no traceback, and no report."""
    change, wrong = DAMAGES[damage]
    change(document)
    code, out, err = report(capsys, stored(tmp_path, document), tmp_path / "out")
    assert (code, out) == (2, "")
    assert wrong in err
    assert err.startswith("eagerbench: error: ")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_stored_gate_is_rendered_again_with_its_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the file and from its folder; a vanished case and a slower one are in it."""
    record = gate()
    write_gate(tmp_path / "gate.json", record)
    for path in (tmp_path, tmp_path / "gate.json"):
        code, out, err = report(capsys, path, tmp_path / "out")
        assert (code, err) == (1, "")
        assert "Regression: 1 of 3 cases got worse" in out
        assert (tmp_path / "out" / "index.html").is_file()
    write_gate(tmp_path / "gate.json", msgspec.structs.replace(record, ended="failed", reason="no keras"))
    assert report(capsys, tmp_path, tmp_path / "out")[0] == 4


def texts(label: str) -> Sequence[GateRecord]:
    """A gate with a text in every place that is shown."""
    record = gate(label)
    crashed = CaseOutcome("crashed", label)
    rounds = tuple(
        msgspec.structs.replace(
            taken, ended="failed", reason=label, outcomes={**taken.outcomes, HEAD: {ONE: crashed, TWO: crashed}}
        )
        for taken in record.rounds
    )
    side = msgspec.structs.replace(record.base, versions={label: "1"})
    head = msgspec.structs.replace(record.head, label=label, versions={label: "2"})
    common: dict[str, Any] = {"base": side, "head": head, "command": label, "env": label, "machine": {"cpu": label}}
    return (
        msgspec.structs.replace(record, **common),
        msgspec.structs.replace(record, **common, rounds=rounds, ended="failed", reason=label),
    )


@pytest.mark.parametrize("which", [0, 1])
def test_texts_of_strangers_are_shown_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], which: int
) -> None:
    """A label may be a script or a code for the terminal; it becomes neither."""
    write_gate(tmp_path / "gate.json", texts(f"{SCRIPT}\x1b[31m\n|")[which])
    code, out, err = report(capsys, tmp_path, tmp_path / "out")
    assert code == (1, 4)[which]
    assert "\x1b" not in out + err
    assert SCRIPT in out
    for name in ("index.html", "gate.md", "gate.xml"):
        content = (tmp_path / "out" / name).read_text(encoding="utf-8")
        assert SCRIPT not in content, name
        assert "\x1b" not in content, name
    assert "&lt;script&gt;" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
