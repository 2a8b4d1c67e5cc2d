import json
import os
import stat
import threading
from base64 import b64decode
from pathlib import Path

import pytest

from gateway.ambient import system
from gateway.credentials.keyring import KeyFileError, Keyring
from gateway.settings import SettingsError


def opened(path: Path) -> Keyring:
    return Keyring.open(path, system())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path / "vault.json"


class TestMaking:
    def test_a_missing_file_is_made_for_its_owner_alone(self, path: Path) -> None:
        opened(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_the_mode_does_not_depend_on_the_umask(self, path: Path) -> None:
        before = os.umask(0)
        try:
            opened(path)
        finally:
            os.umask(before)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_it_holds_a_lookup_key_and_one_master_key_of_256_bits(self, path: Path) -> None:
        opened(path)
        content = json.loads(path.read_bytes())

        assert sorted(content) == ["lookup", "master"]
        assert len(b64decode(content["lookup"])) == 32
        assert [len(b64decode(key["key"])) for key in content["master"]] == [32]

    def test_nothing_else_is_left_beside_it(self, path: Path) -> None:
        opened(path)
        assert list(path.parent.iterdir()) == [path]

    def test_two_rings_have_different_keys(self, path: Path) -> None:
        opened(path)
        opened(path.with_name("other.json"))
        one, other = (json.loads(each.read_bytes()) for each in path.parent.iterdir())
        assert one["lookup"] != other["lookup"]
        assert one["master"][0]["key"] != other["master"][0]["key"]

    def test_an_existing_file_is_kept(self, path: Path) -> None:
        opened(path)
        before = path.read_bytes()
        opened(path)
        assert path.read_bytes() == before

    def test_who_starts_at_the_same_moment_gets_the_same_keys(self, path: Path) -> None:
        start = threading.Barrier(8)
        rings: list[Keyring] = []

        def make() -> None:
            start.wait()
            rings.append(opened(path))

        threads = [threading.Thread(target=make) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(rings) == 8
        assert len({ring.newest().key for ring in rings}) == 1

    @pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
    def test_none_is_made_where_others_may_write(self, path: Path, mode: int) -> None:
        path.parent.chmod(mode)
        with pytest.raises(KeyFileError, match="not this user's alone"):
            opened(path)
        assert not path.exists()

    def test_none_is_made_in_a_directory_that_is_missing(self, path: Path) -> None:
        with pytest.raises(KeyFileError, match="cannot be read"):
            opened(path / "deeper" / "vault.json")


class TestRefusing:
    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o666, 0o610])
    def test_a_file_that_others_may_touch_is_refused_with_the_remedy(self, path: Path, mode: int) -> None:
        opened(path)
        path.chmod(mode)
        with pytest.raises(KeyFileError, match="chmod 600"):
            opened(path)

    def test_a_stricter_mode_is_fine(self, path: Path) -> None:
        opened(path)
        path.chmod(0o400)
        assert opened(path).newest()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
    def test_a_file_of_another_user_is_refused(self, path: Path) -> None:
        opened(path)
        os.chown(path, 12345, -1)
        with pytest.raises(KeyFileError, match="belongs to another user"):
            opened(path)

    def test_a_directory_is_no_key_file(self, path: Path) -> None:
        path.mkdir(mode=0o700)
        with pytest.raises(KeyFileError):
            opened(path)

    def test_a_link_to_nowhere_is_refused_and_not_followed_into_being(self, path: Path) -> None:
        target = path.with_name("elsewhere.json")
        path.symlink_to(target)
        with pytest.raises(KeyFileError):
            opened(path)
        assert not target.exists()

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"null",
            b"[]",
            b"{}",
            b"\xff\xfe",
            b'{"lookup": "", "master": []}',
            b'{"lookup": "!!!", "master": [{"id": "m", "key": "AAAA"}]}',
            json.dumps({"lookup": "A" * 43 + "=", "master": []}).encode(),
            json.dumps({"lookup": "AAAA", "master": [{"id": "m", "key": "A" * 43 + "="}]}).encode(),
            json.dumps({"lookup": "A" * 43 + "=", "master": [{"id": "m", "key": "AAAA"}]}).encode(),
        ],
    )
    def test_a_damaged_file_is_refused_and_left_as_it_is(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(KeyFileError):
            opened(path)
        assert path.read_bytes() == content

    def test_the_launcher_treats_it_like_a_wrong_setting(self) -> None:
        assert issubclass(KeyFileError, SettingsError)


class TestRotating:
    def test_the_new_key_is_the_newest_and_the_old_one_stays(self, path: Path) -> None:
        ring = opened(path)
        former = ring.newest()
        added = ring.rotate()

        assert ring.newest() == added
        assert ring.master(former.id) == former
        assert ring.ids() == (former.id, added.id)

    def test_it_is_in_the_file_with_the_same_mode(self, path: Path) -> None:
        added = opened(path).rotate()
        assert opened(path).newest() == added
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_another_process_finds_the_new_key_by_its_id(self, path: Path) -> None:
        here, there = opened(path), opened(path)
        added = here.rotate()
        assert there.master(added.id) == added

    def test_two_rotations_at_once_lose_no_key(self, path: Path) -> None:
        opened(path)
        start = threading.Barrier(6)

        def rotate() -> None:
            ring = opened(path)
            start.wait()
            ring.rotate()

        threads = [threading.Thread(target=rotate) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(opened(path).ids()) == 7

    def test_lookup_hashes_stay_what_they_are(self, path: Path) -> None:
        ring = opened(path)
        before = ring.lookup().digest("api_key", "x")
        ring.rotate()
        assert opened(path).lookup().digest("api_key", "x") == before

    def test_dropped_keys_are_gone_from_the_file(self, path: Path) -> None:
        ring = opened(path)
        former = ring.newest()
        added = ring.rotate()
        ring.drop({former.id})

        assert opened(path).ids() == (added.id,)
        assert former.id not in path.read_text()

    def test_the_newest_cannot_be_dropped(self, path: Path) -> None:
        ring = opened(path)
        ring.drop({ring.newest().id})
        assert len(opened(path).ids()) == 1

    def test_a_file_that_cannot_be_written_stays_whole(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ring = opened(path)
        before = path.read_bytes()

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(KeyFileError, match="No space left"):
            ring.rotate()

        assert path.read_bytes() == before
        assert list(path.parent.iterdir()) == [path]


def test_keys_are_not_shown(path: Path) -> None:
    ring = opened(path)
    key = ring.newest()
    shown = f"{ring!r} {key!r} {ring._ring!r} {ring.lookup()!r}"
    assert repr(key.key)[2:20] not in shown
    assert "key=" not in shown
