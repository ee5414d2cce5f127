"""Request ids of one process are good in another: their key comes from the store or environment."""

from pathlib import Path

import pytest

from armwise.engine.keys import SharedKeys, environment_signer
from armwise.engine.request_id import Signer, Token, key_of, process_key
from armwise.errors import ConfigurationError, StoreUnavailableError, UnknownKeyError

TOKEN = Token("goal", "general/simple", "cheap", 1_800_000_000_000, bytes(10))
SECRETS = ("a secret of the fleet", "another secret of it")


class Keys:
    """A keyring that can be down."""

    def __init__(self) -> None:
        self.held: dict[str, list[bytes]] = {}
        self.is_down = False

    def signing_keys(self, namespace: str, fresh: bytes) -> list[bytes]:
        """Return the keys, or fail."""
        self._work()
        return list(self.held.setdefault(namespace, [fresh]))

    def add_signing_key(self, namespace: str, key: bytes) -> None:
        """Add one, or fail."""
        self._work()
        self.held[namespace].insert(0, key)

    def _work(self) -> None:
        if self.is_down:
            raise StoreUnavailableError("gone")


def test_processes_of_one_store_know_each_others_ids() -> None:
    """The first one's random key becomes the key of all."""
    ring = Keys()
    one, other = (SharedKeys(ring, "x://", None).signer("") for _ in range(2))

    assert other.read(one.sign(TOKEN)) == TOKEN


def test_tenants_have_keys_of_their_own() -> None:
    """The id of one tenant is signed by a key that another does not hold."""
    keys = SharedKeys(Keys(), "x://", None)

    with pytest.raises(UnknownKeyError):
        keys.signer("b").read(keys.signer("a").sign(TOKEN))


def test_rotation_reaches_running_processes() -> None:
    """A new key signs after the next renewal; ids of the old one stay good."""
    ring = Keys()
    keys = SharedKeys(ring, "x://", None)
    signer = keys.signer("")
    old = signer.sign(TOKEN)

    ring.add_signing_key("", key_of("new"))
    keys.renew()

    assert signer.keys[0] == key_of("new")
    assert signer.read(old) == TOKEN
    assert Signer(keys=[key_of("new")]).read(signer.sign(TOKEN)) == TOKEN


def test_a_start_without_the_store_uses_the_kept_key(tmp_path: Path) -> None:
    """A later process signs with the key that an earlier one was given, 0600 on disk."""
    ring = Keys()
    before = SharedKeys(ring, "x://", tmp_path).signer("")
    ring.is_down = True

    after = SharedKeys(ring, "x://", tmp_path).signer("")

    assert after.keys == before.keys
    (file,) = tmp_path.glob("keys-*")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_that_the_server_lost_comes_back_from_the_file(tmp_path: Path) -> None:
    """Ids signed before the loss are read at once, and soon by processes elsewhere as well."""
    ring = Keys()
    before = SharedKeys(ring, "x://", tmp_path).signer("").sign(TOKEN)
    ring.held.clear()

    keys = SharedKeys(ring, "x://", tmp_path)
    read = keys.signer("").read(before)
    keys.renew()

    assert read == TOKEN
    assert SharedKeys(ring, "x://", None).signer("").read(before) == TOKEN


def test_without_store_and_file_it_says_so_and_hands_its_key_over_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Ids that were signed during the outage become good everywhere after it."""
    ring = Keys()
    SharedKeys(ring, "x://", None).signer("")
    ring.is_down = True
    keys = SharedKeys(ring, "x://", tmp_path)

    made_alone = keys.signer("").sign(TOKEN)
    assert "ARMWISE_SIGNING_KEY" in caplog.text
    ring.is_down = False
    keys.renew()

    assert process_key() in ring.held[""]
    assert SharedKeys(ring, "x://", None).signer("").read(made_alone) == TOKEN
    assert keys.signer("").read(made_alone) == TOKEN


def test_a_key_that_the_store_has_lost_is_handed_over_again() -> None:
    """A server came back empty and another process was first: ids of both stay good for both."""
    ring = Keys()
    before, after = (SharedKeys(ring, "x://", None) for _ in range(2))
    old = before.signer("").sign(TOKEN)
    ring.held.clear()
    new = after.signer("").sign(TOKEN)

    before.renew()
    after.renew()

    for keys in (before, after):
        assert keys.signer("").read(old) == TOKEN
        assert keys.signer("").read(new) == TOKEN
    assert before.signer("").keys == after.signer("").keys


def test_the_environment_may_name_several_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first signs; ids signed by any of them are read."""
    monkeypatch.setenv("ARMWISE_SIGNING_KEY", f"{SECRETS[1]}, {SECRETS[0]}")

    signer = environment_signer()

    assert signer is not None
    assert signer.read(Signer(SECRETS[0]).sign(TOKEN)) == TOKEN
    assert Signer(SECRETS[1]).read(signer.sign(TOKEN)) == TOKEN


def test_a_weak_secret_among_several_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them must be long enough."""
    monkeypatch.setenv("ARMWISE_SIGNING_KEY", f"{SECRETS[1]},short")

    with pytest.raises(ConfigurationError, match="at least 16 characters"):
        environment_signer()


def test_a_damaged_key_file_is_no_obstacle(tmp_path: Path) -> None:
    """It is as good as none."""
    ring = Keys()
    SharedKeys(ring, "x://", tmp_path).signer("")
    (file,) = tmp_path.glob("keys-*")
    ring.is_down = True

    for text in ("", "{}", '{"keys": ["zz"]}', "[]"):
        file.write_text(text)
        assert SharedKeys(ring, "x://", tmp_path).signer("").keys == (process_key(),)
