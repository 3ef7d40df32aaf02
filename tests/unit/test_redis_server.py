from pathlib import Path

import pytest
from redis import Redis

from taskqueue_site.up.ports import free_port
from taskqueue_site.up.redis_server import RedisServer, socket_path


def test_a_persistent_server_comes_back_with_what_it_held(tmp_path: Path) -> None:
    # given a server that was told something and stopped
    server = RedisServer(tmp_path / "redis")
    server.start()
    with Redis.from_url(server.url) as client:
        client.set("kept", "yes")
    server.stop()

    # when it starts again on the same folder
    server.start()

    # then it still knows
    try:
        with Redis.from_url(server.url) as client:
            assert client.get("kept") == b"yes"
    finally:
        server.stop()


@pytest.mark.parametrize("depth", [1, 60])
def test_a_stopped_server_leaves_no_socket_behind(tmp_path: Path, depth: int) -> None:
    server = RedisServer(tmp_path.joinpath(*["deep"] * depth))
    server.start()
    server.stop()
    path = socket_path(server.folder)
    assert not path.exists()
    assert path.parent == server.folder or not path.parent.exists()


@pytest.mark.parametrize("depth", [1, 60])
def test_a_server_is_reached_however_deep_its_folder_lies(tmp_path: Path, depth: int) -> None:
    server = RedisServer(tmp_path.joinpath(*["deep"] * depth))
    server.start()
    try:
        with Redis.from_url(server.url) as client:
            assert client.ping()
    finally:
        server.stop()


def test_a_server_on_a_port_listens_on_loopback_only(tmp_path: Path) -> None:
    port = free_port()
    server = RedisServer(tmp_path, port=port, persistent=False)
    server.start()
    try:
        with Redis.from_url(server.url) as client:
            assert client.config_get("bind") == {"bind": "127.0.0.1"}
            assert client.config_get("appendonly") == {"appendonly": "no"}
    finally:
        server.stop()
