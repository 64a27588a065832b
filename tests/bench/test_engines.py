"""Processes of the local engine: what they leave behind, in one that measures nothing."""

from pathlib import Path

import msgspec
import pytest

from eagerbench.engines.local import run_module

MODULE = """
import json, os, signal, sys, tempfile
from pathlib import Path
job = json.loads(Path(sys.argv[1]).read_bytes())
tempfile.mkdtemp(prefix="left-behind-")
os.write(job["pipe"], tempfile.gettempdir().encode() + b"\\n")
os.kill(os.getpid(), job["blow"])
"""


class Paper(msgspec.Struct):
    """What the process is to do."""

    blow: int
    pipe: int = -1


@pytest.mark.parametrize(("blow", "ended"), [(9, "crashed"), (19, "timed-out")])
def test_what_a_killed_process_leaves_behind_goes_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blow: int, ended: str
) -> None:
    """Its temporary files lie where those of its launch do, and not beside them."""
    (tmp_path / "killed.py").write_text(MODULE)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    heard: list[str] = []
    assert run_module("killed", Paper(blow), heard.append, 20.0 if blow == 9 else 2.0, bytes.decode)[0] == ended
    (folder,) = map(Path, heard)
    assert folder.parent == tmp_path / "temporary"
    assert not list((tmp_path / "temporary").iterdir())
