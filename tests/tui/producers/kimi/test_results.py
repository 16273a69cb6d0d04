"""What Kimi's calls give back."""

from __future__ import annotations

from lashtui.producers.kimi.results import result_of, usage_of


def test_an_exit_code_stands_below_the_output() -> None:
    """It is the only sign in the printed stream."""
    text = "bad\nCommand failed with exit code: 3."
    failure = {"status": "failure", "message": "exit code 3", "payload": "bad", "exit_code": 3}
    assert result_of(text, is_error=False) == {"outcome": failure}
    assert result_of("a", is_error=False) == {"outcome": {"status": "success", "payload": "a"}}
    assert result_of("a", is_error=True) == {"outcome": {"status": "failure", "message": "a"}}


def test_cached_input_is_input() -> None:
    """Kimi counts it apart."""
    given = {"inputOther": 1200, "output": 60, "inputCacheRead": 800, "inputCacheCreation": 5}
    assert usage_of(given) == {
        "input_tokens": 2005,
        "output_tokens": 60,
        "cached_input_tokens": 800,
    }
