"""The Assistants half of the server as openai-node sees it."""

import pytest
from node_support import told_by_node
from server_support import serving

from harness.server.models import BUILT_IN
from harness.server.settings import Settings


@pytest.mark.slow
def test_openai_node_drives_assistants_with_every_helper(request: pytest.FixtureRequest) -> None:
    with serving(Settings(poll_after_ms=2), BUILT_IN) as url:
        assert told_by_node(request.config, "assistants.mjs", url) == {"passed": True}
