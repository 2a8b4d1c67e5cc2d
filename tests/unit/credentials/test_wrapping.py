"""A key for each tenant, and how one is forgotten while all others stay."""

import os

from gateway.credentials.wrapping import DEPTH, leaf, path_of, without

ROOT = {"": b"r" * 32}
TENANTS = [f"ten_{number}" for number in range(50)]


def keys(nodes: dict[str, bytes]) -> list[bytes | None]:
    return [leaf(nodes, path_of(tenant)) for tenant in TENANTS]


def test_every_tenant_has_a_key_of_its_own() -> None:
    assert len({*keys(ROOT)} - {None}) == len(TENANTS)


def test_another_root_gives_other_keys() -> None:
    assert not {*keys(ROOT)} & {*keys({"": os.urandom(32)})}


def test_a_forgotten_tenant_has_none_and_all_others_keep_theirs() -> None:
    before, left = keys(ROOT), ROOT
    for number in range(0, len(TENANTS), 3):
        left = without(left, path_of(TENANTS[number]))

    for number, key in enumerate(keys(left)):
        assert key == (None if number % 3 == 0 else before[number])


def test_no_node_that_is_left_lies_on_the_way_to_it() -> None:
    path = path_of("ten_1")
    left = without(ROOT, path)

    assert len(left) == DEPTH
    assert not any(path.startswith(node) for node in left)


def test_forgetting_twice_changes_nothing() -> None:
    once = without(ROOT, path_of("ten_1"))

    assert without(once, path_of("ten_1")) == once
