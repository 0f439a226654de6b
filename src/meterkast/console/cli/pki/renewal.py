"""``pki renew``: the next generation of the operator's own keys."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import PROFILE, SITE, Profile, Site
from meterkast.console.cli.pki.opening import authority_of, now
from meterkast.console.exits import Exit


class Key(StrEnum):
    """Keys that the operator has itself."""

    PKI = "pki"
    HEADEND = "headend"
    RECIPIENT = "recipient"
    ORDERS = "orders"


def add(group: typer.Typer) -> None:
    """Adds the command."""
    examples = ("meterkast pki renew --site ./site", "meterkast pki renew recipient --early --site ./site")
    command(group, "renew", examples=examples)(renew)


def renew(
    answer: Answer,
    keys: Annotated[
        list[Key] | None, typer.Argument(metavar="KEY", help="Which; else all there are.")
    ] = None,
    early: Annotated[bool, typer.Option("--early", help="Also those that are not due.")] = False,
    site: Site = SITE,
    profile: Profile = PROFILE,
) -> Exit:
    """Renew the operator's own keys that have two thirds of a certificate's life behind them.

    pki and headend are what the servers show in TLS, recipient is what envelopes are sealed to, orders what
    orders are signed with. A new key stands beside the old one and is used from now on; what was sealed to
    the old one still opens. Gateways fetch the recipient's certificate by themselves.
    """
    from meterkast.pki.site import OWN_KEYS, own_key

    authority = authority_of(site, profile=profile)
    told: list[dict[str, Any]] = []
    for name in keys or [each for each in Key if (site / OWN_KEYS[each]).is_dir()]:
        own = own_key(site, name, authority.operator, profile)
        is_new = own.keep_up(authority, now(), early=early)
        certificate = own.keystore.certificate(own.current())[0]
        told.append(
            {
                "key": name,
                "label": own.current(),
                "renewed": is_new,
                "due": own.due().isoformat(timespec="seconds"),
                "until": certificate.not_valid_after_utc.isoformat(timespec="seconds"),
            }
        )
        state = f"renewed, until {certificate.not_valid_after_utc:%Y-%m-%d}" if is_new else "not renewed"
        answer.text(f"{name:<10} {own.current():<9} {state}, due on {own.due():%Y-%m-%d}")
    answer.document({"keys": told})
    return Exit.DONE
