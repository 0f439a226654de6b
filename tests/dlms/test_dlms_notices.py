"""What a server says unasked: while nothing, one message or blocks are awaited, clear and protected."""

import pytest

from cosem.peers import GATEWAY, IMPORT, PUBLIC
from dlms.dlms_line import Line
from dlms.test_dlms_blocks_dialogue import PROTECTIONS, VALUE, client_of, line, value
from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.protocols.axdr import Data, double_long_unsigned, null, octets, unsigned
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.acse import ApplicationContext
from meterkast.protocols.dlms.apdu import (
    AttributeDescriptor,
    Conformance,
    DataNotification,
    DataNotificationConfirm,
    EventNotification,
    InitiateRequest,
    LongInvokeId,
)
from meterkast.protocols.dlms.association import State
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Notified, Result
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.server import Server

REGISTER = AttributeDescriptor(3, IMPORT, 2)
READING = Result(double_long_unsigned(1_234_567))
ALARM = EventNotification(None, REGISTER, unsigned(1))


def notification(number: int, *, confirmed: bool = True, body: Data | None = None) -> DataNotification:
    return DataNotification(LongInvokeId(number, confirmed=confirmed), None, body or unsigned(1))


@pytest.mark.parametrize("way", PROTECTIONS)
@pytest.mark.parametrize("message", [ALARM, notification(1), notification(2, confirmed=False)])
def test_a_notification_arrives_while_an_answer_is_awaited(
    way: str, message: DataNotification | EventNotification
) -> None:
    carried = line(way)
    request = client_of(carried).get(REGISTER)
    carried.push(carried.server.notify(GATEWAY, message))
    assert carried.settle() == []
    assert carried.notified == [Notified(message)]
    assert carried.ask(request) == READING


@pytest.mark.parametrize("way", PROTECTIONS)
def test_a_long_notification_comes_in_blocks(way: str) -> None:
    carried, message = line(way), notification(7, body=value(900))
    request = client_of(carried).get(REGISTER)
    carried.push(carried.server.notify(GATEWAY, message))
    assert carried.settle() == []
    assert carried.notified == [Notified(message)]
    assert carried.ask(request) == READING
    assert carried.ask(client_of(carried).set(VALUE, value(500))) == Result(null())


@pytest.mark.parametrize("way", PROTECTIONS)
def test_it_waits_until_it_is_confirmed_and_may_be_said_again(way: str) -> None:
    carried, first, second = line(way), notification(1), notification(2)
    client = client_of(carried)
    for message in (first, second, first):
        carried.push(carried.server.notify(GATEWAY, message))
    carried.settle()
    assert carried.notified == [Notified(first), Notified(second), Notified(first)]
    assert carried.server.unconfirmed(GATEWAY) == (first, second)
    assert carried.server.receive(GATEWAY, client.confirm(first)) == []
    assert carried.server.unconfirmed(GATEWAY) == (second,)
    assert carried.server.receive(GATEWAY, client.confirm(first)) == []
    carried.server.disconnect(GATEWAY)
    assert carried.server.unconfirmed(GATEWAY) == (second,)
    carried.server.drop(GATEWAY, second)
    assert carried.server.unconfirmed(GATEWAY) == ()


def test_a_confirmation_may_come_while_an_answer_is_awaited() -> None:
    carried = line("glo")
    client = client_of(carried)
    request = client.get(REGISTER)
    carried.push(carried.server.notify(GATEWAY, notification(3)))
    carried.settle()
    assert carried.server.receive(GATEWAY, request) != []
    assert carried.server.receive(GATEWAY, client.confirm(notification(3))) == []
    assert carried.server.unconfirmed(GATEWAY) == ()


def test_one_that_asks_for_no_confirmation_gets_none() -> None:
    carried = line()
    with pytest.raises(LocalError):
        client_of(carried).confirm(notification(1, confirmed=False))
    carried.server.notify(GATEWAY, notification(1, confirmed=False))
    assert carried.server.unconfirmed(GATEWAY) == ()


def test_a_replayed_notification_is_refused() -> None:
    carried = line("glo")
    (sealed,) = carried.server.notify(GATEWAY, notification(1))
    assert carried.client.receive(sealed) == [Notified(notification(1))]
    with pytest.raises(TrustError) as refusal:
        carried.client.receive(sealed)
    assert refusal.value.code == "security-counter-replayed"


def test_a_notification_in_the_clear_is_refused_where_messages_are_protected() -> None:
    with pytest.raises(TrustError) as refusal:
        line("glo").client.receive(ALARM.encode())
    assert refusal.value.code == "security-policy"


def test_a_confirmation_in_the_clear_confirms_nothing_where_messages_are_protected() -> None:
    carried = line("glo")
    carried.server.notify(GATEWAY, notification(1))
    carried.server.receive(GATEWAY, DataNotificationConfirm(LongInvokeId(1)).encode())
    assert carried.server.unconfirmed(GATEWAY) == (notification(1),)


def code(carried: Line, message: DataNotification | EventNotification, client_id: int = GATEWAY) -> str:
    with pytest.raises(LocalError) as refusal:
        carried.server.notify(client_id, message)
    return refusal.value.code


def test_nobody_is_told_without_an_association() -> None:
    carried = line()
    assert code(carried, ALARM, 77) == "dlms-client-unknown"
    assert carried.server.unconfirmed(77) == ()
    carried.server.disconnect(GATEWAY)
    assert code(carried, ALARM) == "association-out-of-turn"


def test_a_client_that_has_not_agreed_is_told_nothing() -> None:
    carried = line()
    server = Server(carried.server._sessions[GATEWAY]._objects, grants={PUBLIC: Grant()})
    initiate = InitiateRequest(conformance=Conformance.GET, max_pdu_size=0).encode()
    aarq = apdu.Aarq(context=ApplicationContext.LN_NO_CIPHERING, user_information=initiate)
    server.receive(PUBLIC, aarq.encode())
    assert server.state(PUBLIC) is State.ASSOCIATED
    with pytest.raises(LocalError) as refusal:
        server.notify(PUBLIC, ALARM)
    assert refusal.value.code == "dlms-not-agreed"


def test_what_is_too_long_for_one_message_needs_blocks() -> None:
    carried = line(client=None)
    assert code(carried, notification(1, body=value(600))) == "dlms-message-too-long"


def test_a_long_one_waits_while_other_blocks_are_on_their_way() -> None:
    carried = line()
    carried.server.notify(GATEWAY, notification(1, body=value(600)))
    assert code(carried, notification(2, body=value(600))) == "gbt-out-of-turn"


def test_a_request_goes_before_a_notification_in_blocks() -> None:
    """Both begin to send blocks at once: the request is answered, the notification still waits."""
    carried, message = line(), notification(1, body=value(600))
    request = client_of(carried).set(VALUE, value(500))
    carried.push(carried.server.notify(GATEWAY, message))
    assert isinstance(carried.ask(request), Result)
    assert carried.server.unconfirmed(GATEWAY) == (message,)
    carried.push(carried.server.notify(GATEWAY, message))
    carried.settle()
    assert carried.notified == [Notified(message)]


def test_numbers_and_room_for_what_waits_are_bounded() -> None:
    carried = line()
    for number in range(64):
        carried.server.notify(GATEWAY, notification(number))
    assert code(carried, notification(64)) == "dlms-unconfirmed-full"
    assert code(carried, notification(5, body=unsigned(9))) == "dlms-invoke-taken"


def test_an_answer_nobody_waits_for_is_refused_and_notifications_go_on() -> None:
    carried = line()
    answer = apdu.GetResponseNormal(apdu.InvokeId(1), octets(b"")).encode()
    with pytest.raises(PeerError):
        carried.client.receive(answer)
    carried.push(carried.server.notify(GATEWAY, ALARM))
    carried.settle()
    assert carried.notified == [Notified(ALARM)]


def test_a_public_client_can_be_told_too() -> None:
    carried = line()
    server = Server(carried.server._sessions[GATEWAY]._objects, grants={PUBLIC: Grant()})
    client = Client()
    client.receive(server.receive(PUBLIC, client.aarq())[0])
    assert client.receive(server.notify(PUBLIC, ALARM)[0]) == [Notified(ALARM)]
