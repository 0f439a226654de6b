"""m of n: every m open it, and nobody else does; a wrong holder is named and tells nothing of the others."""

import hmac
from itertools import chain, combinations

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from hypothesis import given, settings
from hypothesis import strategies as st

from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.outside.entropy import system_entropy
from meterkast.pki.ceremony.card import Card, new_card, open_card
from meterkast.pki.ceremony.quorum import Quorum, parse_quorum

NAMES = ("Ada", "Bram", "Carla", "Dirk", "Els")
CARDS = {name: new_card(name, system_entropy) for name in NAMES}
SECRET = bytes(range(32))
QUORUM = Quorum.divide(
    SECRET,
    {name: (card.secret, card.public_key) for name, card in CARDS.items()},
    needs=3,
    ceremony=bytes(32),
)
PASSPHRASE = "correct horse battery"


def secrets(*names: str) -> dict[str, bytes]:
    return {name: CARDS[name].secret for name in names}


def test_any_three_open_it_and_no_fewer() -> None:
    everybody = chain.from_iterable(combinations(NAMES, count) for count in range(6))
    for chosen in everybody:
        if len(chosen) >= 3:
            assert QUORUM.open(secrets(*chosen)) == SECRET
        else:
            with pytest.raises(TrustError) as caught:
                QUORUM.open(secrets(*chosen))
            assert caught.value.code == "ceremony-too-few-holders"


def test_two_holders_and_anything_else_open_nothing() -> None:
    for wrong in (bytes(32), CARDS["Ada"].secret, CARDS["Dirk"].secret):
        with pytest.raises(TrustError) as caught:
            QUORUM.open({**secrets("Ada", "Bram"), "Carla": wrong})
        assert caught.value.code == "ceremony-quorum-closed"
    with pytest.raises(TrustError):
        QUORUM.open({**secrets("Ada", "Bram"), "Zoe": CARDS["Carla"].secret})


def test_every_wrap_is_another_and_none_holds_the_secret() -> None:
    assert len(QUORUM.wraps) == len(set(QUORUM.wraps.values())) == 10
    assert SECRET.hex().encode() not in QUORUM.encode()
    assert not any(card.secret.hex().encode() in QUORUM.encode() for card in CARDS.values())


def test_a_wrap_is_what_two_standards_say() -> None:
    """HKDF by RFC 5869, spelled out, then the key wrap of RFC 3394."""
    chosen = ("Ada", "Carla", "Els")
    salt, keys = bytes(32), b"".join(CARDS[name].secret for name in chosen)
    info = b'["meterkast quorum v1","Ada","Carla","Els"]'
    extracted = hmac.digest(salt, keys, "sha256")
    expanded = hmac.digest(extracted, info + b"\x01", "sha256")
    assert QUORUM.wraps[chosen] == aes_key_wrap(expanded, SECRET)
    assert len(QUORUM.wraps[chosen]) == 40


def test_the_file_round_trips_and_every_changed_octet_is_refused_or_opens_nothing() -> None:
    octets = QUORUM.encode()
    assert parse_quorum(octets) == QUORUM
    for place in range(len(octets)):
        changed = bytearray(octets)
        changed[place] ^= 1
        try:
            quorum = parse_quorum(bytes(changed))
        except DataError as error:
            assert error.code == "ceremony-quorum-malformed"  # noqa: PT017 — either this or the other
            continue
        assert quorum != QUORUM
        found = set()
        for chosen in combinations(NAMES, 3):
            try:
                found.add(quorum.open(secrets(*chosen)))
            except TrustError:
                found.add(b"refused")
        assert found <= {SECRET, b"refused"}


@given(st.binary(max_size=200))
def test_garbage_is_no_quorum(octets: bytes) -> None:
    with pytest.raises(DataError):
        parse_quorum(octets)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 7), st.data())
def test_any_quorum_of_any_size(holders: int, data: st.DataObject) -> None:
    needs = data.draw(st.integers(2, holders))
    names = [f"holder {number}" for number in range(holders)]
    own = {name: (bytes((number,)) * 32, bytes(32)) for number, name in enumerate(names)}
    quorum = Quorum.divide(SECRET, own, needs=needs, ceremony=b"1" * 32)
    chosen = data.draw(st.sets(st.sampled_from(names)))
    given_ = {name: own[name][0] for name in chosen}
    if len(chosen) >= needs:
        assert quorum.open(given_) == SECRET
    else:
        with pytest.raises(TrustError):
            quorum.open(given_)


@pytest.mark.parametrize("needs", [0, 1, 6])
def test_what_is_no_quorum(needs: int) -> None:
    with pytest.raises(LocalError) as caught:
        Quorum.divide(SECRET, {name: (bytes(32), b"") for name in NAMES}, needs=needs, ceremony=b"")
    assert caught.value.code == "ceremony-quorum"


def test_a_card_opens_with_its_passphrase_alone() -> None:
    card = CARDS["Ada"]
    octets = card.lock(PASSPHRASE, system_entropy)
    assert open_card(octets, "Ada", PASSPHRASE) == card
    assert card.secret.hex().encode() not in octets
    for holder, passphrase in (("Ada", PASSPHRASE + "!"), ("Bram", PASSPHRASE), ("Ada", "")):
        with pytest.raises(TrustError) as caught:
            open_card(octets, holder, passphrase)
        assert (caught.value.code, caught.value.where) == ("ceremony-holder-wrong", holder)
    assert card.lock(PASSPHRASE, system_entropy) != octets


def test_what_is_refused_as_a_card() -> None:
    octets = CARDS["Ada"].lock(PASSPHRASE, system_entropy)
    for garbage in (b"", b"{}", b"[" * 9000, octets[:-2], octets.replace(b"32768", b"99999")):
        with pytest.raises(DataError) as caught:
            open_card(garbage, "Ada", PASSPHRASE)
        assert caught.value.code == "ceremony-card-malformed"
    with pytest.raises(LocalError) as short:
        CARDS["Ada"].lock("too short", system_entropy)
    assert short.value.code == "ceremony-passphrase-short"


def test_an_open_card_does_not_show_its_secret() -> None:
    assert repr(Card("Ada", SECRET)) == "Card('Ada')"
