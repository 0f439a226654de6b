"""One rule broken each time; a simulation that does not find it would prove nothing."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509

from fleet.conftest import Live
from meterkast.model.identity import SystemTitle
from meterkast.pki.authority import Authority
from meterkast.pki.est import server as est
from meterkast.protocols.x509 import Purpose
from meterkast.street.fleet.fate import fates
from meterkast.street.fleet.plan import Diary, FleetSettings

SHORT = Diary(rolls=(1,), switch=9, token_lost=(), services_down=(), restored=())
"""A new root in week 117, and nothing else out of the ordinary."""


def test_a_release_that_nobody_can_hear_of_yet(live: Live) -> None:
    """A gateway is released while lists cannot be signed: it notices once the token is back, and enrols."""
    released = fates(FleetSettings(folder=Path(), gateways=6))[2].released
    assert released is not None
    result = live(weeks=released + 20, diary=replace(SHORT, token_lost=(released - 1,)))
    assert result.breaches == {}, result.examples
    assert result.counts["released"] == result.counts["tokens-lost"] == 1
    assert result.counts["envelopes-waiting certificate-revoked"] >= 1


def test_without_a_mutant_the_short_life_is_good(live: Live) -> None:
    assert live(weeks=190, diary=replace(SHORT, token_lost=(80,), restored=(95,))).breaches == {}


def test_certificates_that_do_not_overlap(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renewal ends the certificate before: what was sealed the night before is not used at once."""
    renew = Authority.renew

    def hasty(
        authority: Authority, request: bytes, purpose: Purpose, title: SystemTitle, now: datetime
    ) -> list[x509.Certificate]:
        chain = renew(authority, request, purpose, title, now)
        for issued in authority.issued(str(title)):
            if issued.purpose is purpose and issued.revoked_at is None and issued.certificate != chain[0]:
                authority.revoke(issued.certificate.serial_number, now)
        return chain

    monkeypatch.setattr(Authority, "renew", hasty)
    breaches = live(weeks=120, diary=SHORT).breaches
    assert breaches["doubted-certificate-revoked"] > 0


def test_lists_that_are_not_signed_ahead(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """A week without the token, and nobody believes anybody."""
    monkeypatch.setattr("meterkast.pki.publishing.Publisher.publish_ahead", lambda *_: 0)
    breaches = live(weeks=83, diary=replace(SHORT, token_lost=(80,))).breaches
    assert breaches["delivery-https-tls-refused"] >= 5


def test_a_root_that_is_not_cross_signed(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(est, "links_in", lambda _trust: [])
    breaches = live(weeks=132, diary=SHORT).breaches
    assert breaches["upkeep-anchors-unlinked"] >= 5


def test_servers_that_run_ahead_of_the_fleet(live: Live) -> None:
    """Their new certificates come before a gateway that was away has heard of the new authorities."""
    breaches = live(weeks=190, diary=replace(SHORT, servers_first=False)).breaches
    assert breaches["upkeep-https-tls-refused"] > 0


def test_a_register_restored_and_left_so(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who renewed since the backup is not known by its certificate, and cannot renew again."""
    monkeypatch.setattr(Authority, "recover", lambda *_: 0)
    breaches = live(weeks=240, diary=replace(SHORT, restored=(70,))).breaches
    assert breaches["upkeep-enrol-refused"] > 0


def test_readings_that_wait_for_lists(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that seals only what it can judge today loses what it measured while it was away."""
    monkeypatch.setattr("meterkast.gateway.sealing._OF_TIME", frozenset())
    breaches = live(weeks=190, diary=SHORT).breaches
    assert breaches["reading-lost"] > 0
