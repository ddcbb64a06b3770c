from client.commands.opening import last_ceiling


def test_listen_returns_soon_to_a_service_on_this_computer() -> None:
    assert last_ceiling("ws://localhost:3001") == 5
    assert last_ceiling("https://example.com") == 60
