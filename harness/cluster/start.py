"""Join a Ray cluster, or start one on this machine; refuse what can't work there."""

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from harness.config import Config, Endpoint
from harness.errors import ConfigError

EXECUTOR, ADDRESS = "--executor ray", "--address"
KNOCK_S = 10.0


def check_config(config: Config) -> None:
    """Refuse settings that runs on many machines cannot follow.

    Raises:
        ConfigError: There are such.
    """
    if config.record in {"new_episodes", "all"}:
        hint = "record on one machine; or say --harness-record=once: what has a recording is replayed"
        raise ConfigError(
            "what runs on a cluster is not recorded", where=f"--harness-record={config.record}", hint=hint
        )
    if config.judge is not None:
        hint = "let it judge afterwards: HARNESS_JUDGE=1 harness score latest"
        raise ConfigError("no model judges on a cluster", where="--harness-judge", hint=hint)


@contextmanager
def cluster(config: Config, address: str | None) -> Iterator[str]:
    """Be part of a cluster while the block runs; yield the id of this node.

    Args:
        config: Names the endpoint: each node must reach it.
        address: The cluster's; `auto`: the one that this machine is part of. None: that of RAY_ADDRESS, or else a new
            one on this machine that ends with the block.

    Raises:
        ConfigError: Ray is missing, there is no such cluster, or its nodes cannot reach the endpoint.
    """
    address = address or os.environ.get("RAY_ADDRESS") or None
    if address is not None and "://" in address:
        hint = "run this command on a node of the cluster: the run's folder is written there; `ray job submit` does so"
        raise ConfigError(f"{address} is for clients outside the cluster", where=ADDRESS, hint=hint)
    ray = _ray()
    is_ours = not ray.is_initialized()
    if is_ours:
        _join(ray, address)
    try:
        node_id = str(ray.get_runtime_context().get_node_id())
        check_reach(config.endpoint, ray.nodes(), node_id)
        yield node_id
    finally:
        if is_ours:
            ray.shutdown()


def _ray() -> Any:
    # Ray tells its makers how it is used, unless this is set before it starts.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        hint = "pip install 'assistant-harness[ray]'"
        raise ConfigError("Ray is not installed", where=EXECUTOR, hint=hint) from error
    return ray


def _join(ray: Any, address: str | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address is None:
            ray.init(include_dashboard=False, **quiet)
        else:
            _knock(address)
            ray.init(address=address, **quiet)
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        hint = "start one with `ray start --head`, or leave the option out for one on this machine"
        raise ConfigError(
            f"no cluster can be joined: {reason}", where=f"{ADDRESS} {address}" if address else EXECUTOR, hint=hint
        ) from error


def _knock(address: str) -> None:
    """See that somebody listens: Ray itself would try for minutes.

    Raises:
        OSError: Nobody does.
        ValueError: It is no address.
    """
    if address != "auto":
        host, _, port = address.rpartition(":")
        socket.create_connection((host, int(port)), KNOCK_S).close()


def check_reach(endpoint: Endpoint, nodes: Sequence[Mapping[str, Any]], node_id: str) -> None:
    """Refuse an endpoint that listens on this machine only, where the cluster has others.

    Args:
        endpoint: Where runs go.
        nodes: The cluster's, as Ray tells of them.
        node_id: This one.

    Raises:
        ConfigError: Not all of them can reach it.
    """
    if not endpoint.is_loopback:
        return
    here = {node["NodeManagerAddress"] for node in nodes if node["NodeID"] == node_id}
    others = sorted({node["NodeManagerAddress"] for node in nodes if node["Alive"]} - here)
    if others:
        raise ConfigError(
            f"{endpoint.name} listens on this machine only: {', '.join(others[:3])} of the cluster cannot reach it",
            where=endpoint.source,
            hint="name one that all nodes reach by --harness-endpoint, such as that of `harness serve --host ADDRESS`",
        )
