"""The command ``eagerbench``, where no process is needed to see what it does."""

import os
import signal

import pytest

from eagerbench import cli


def test_a_run_that_is_asked_to_end_is_interrupted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where pytest doesn't catch it any more, as while a report is made: a line, and pytest's exit code."""

    def end(*_: object, **__: object) -> int:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.sigtimedwait([], 5)
        return 0

    monkeypatch.setattr(pytest, "main", end)
    # Without our handler the signal would end the tests.
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        assert cli.main(["run"]) == pytest.ExitCode.INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)
    assert capsys.readouterr().err == "eagerbench: interrupted\n"
