"""The garbage collector is as it was once a session is over."""

import gc

import pytest

from harness.session.garbage import garbage_kept


@pytest.mark.parametrize("is_enabled", [True, False])
def test_the_collector_rests_for_a_moment_only(*, is_enabled: bool) -> None:
    try:
        if not is_enabled:
            gc.disable()
        with garbage_kept():
            assert not gc.isenabled()
        assert gc.isenabled() is is_enabled
    finally:
        gc.enable()
