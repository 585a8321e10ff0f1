"""Questions of SNMP as they travel, and the tables of routers and switches: rows of any kind, and none that is made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs import ber, lldp, snmpquery, snmptables
from camscan.codecs.base import Cursor, DecodeError
from tests.lab.simulators import snmp as simulator

ARCS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=40).map(lambda rest: (1, 3, *rest))
MAC = "44:19:b6:10:00:11"
OCTETS = (0x44, 0x19, 0xB6, 0x10, 0x00, 0x11)
VALUES = st.one_of(st.none(), st.integers(-(2**31), 2**31), st.binary(max_size=40), ARCS)


def rows(objects: dict[tuple[int, ...], bytes]) -> list[snmpquery.Binding]:
    """Return simulated objects as an answer binds them."""
    asked = simulator.Question(community=b"x", kind=0, request_id=b"\1", repetitions=0, names=())
    return [
        binding
        for name in sorted(objects)
        for binding in snmpquery.answer_in_2c(simulator.response(asked, [(name, objects[name])])).bindings
    ]


def below(found: list[snmpquery.Binding], column: ber.Arcs) -> list[snmpquery.Binding]:
    return [row for row in found if row[0][: len(column)] == column]


@given(ARCS)
def test_names_survive_the_way_there_and_back(name: ber.Arcs) -> None:
    assert ber.arcs(ber.content(Cursor(ber.write_arcs(name)), ber.OID)) == name
    assert simulator.oid(name) == ber.write_arcs(name)


@given(st.integers(-(2**63), 2**63 - 1))
def test_numbers_survive_the_way_there_and_back(number: int) -> None:
    assert ber.integer(ber.content(Cursor(ber.write_integer(number)), ber.INTEGER)) == number


@given(names=st.lists(ARCS, min_size=1, max_size=8), repetitions=st.integers(0, 60), number=st.integers(0, 2**31 - 1))
def test_a_question_is_what_another_agent_reads(names: list[ber.Arcs], repetitions: int, number: int) -> None:
    raw = snmpquery.version_2c(b"lab-read", snmpquery.get_bulk(number, names, repetitions))
    asked = simulator.question(raw)
    assert (asked.community, asked.kind, asked.names) == (b"lab-read", simulator.GET_BULK, tuple(names))
    assert (asked.repetitions, int.from_bytes(asked.request_id)) == (repetitions, number)
    one = simulator.question(snmpquery.version_2c(b"lab-read", snmpquery.get(number, names)))
    assert (one.kind, one.names) == (simulator.GET, tuple(names))


@given(raw=st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_a_decode_error(raw: bytes) -> None:
    for read in (snmpquery.answer_in_2c, snmpquery.answer):
        with pytest.raises(DecodeError):
            read(raw)


@given(cut=st.integers(0, 200), flip=st.integers(0, 199), bit=st.integers(0, 7))
def test_a_damaged_answer_never_raises_anything_else(cut: int, flip: int, bit: int) -> None:
    asked = simulator.Question(community=b"lab-read", kind=0, request_id=b"\1\2", repetitions=0, names=())
    raw = bytearray(simulator.response(asked, [(name, value) for name, value in simulator.system("x", "1.3.6.1", "y").items()]))
    raw[flip % len(raw)] ^= 1 << bit
    try:
        found = snmpquery.answer_in_2c(bytes(raw[: len(raw) - cut % len(raw)]))
    except DecodeError:
        return
    assert len(found.bindings) <= 4


def test_an_answer_that_is_too_long_is_not_read() -> None:
    asked = simulator.Question(community=b"x", kind=0, request_id=b"\1", repetitions=0, names=())
    raw = simulator.response(asked, [((1, 3, 6, 1), simulator.octets(b"x" * 20_000))])
    with pytest.raises(DecodeError):
        snmpquery.answer_in_2c(raw)


def test_both_arp_tables_say_the_same_and_ipv6_stands_in_the_newer_one() -> None:
    found = rows(simulator.arp([("10.20.7.11", MAC), ("10.20.7.12", "4c:11:bf:10:07:12")]))
    v6 = (*snmptables.ARP_ANY, 7, 2, 16, *bytes.fromhex("20010db8000000000000000000000005"))
    pairs, others = snmptables.addresses([*found, (v6, bytes(OCTETS))])
    assert pairs == (("10.20.7.11", MAC), ("10.20.7.12", "4c:11:bf:10:07:12"), ("2001:db8::5", MAC))
    assert others == 0


@pytest.mark.parametrize(
    "row",
    [
        ((*snmptables.ARP_IPV4, 7, 10, 20, 7), bytes(OCTETS)),
        ((*snmptables.ARP_IPV4, 7, 10, 20, 7, 999), bytes(OCTETS)),
        ((*snmptables.ARP_IPV4, 7, 10, 20, 7, 1), bytes(5)),
        ((*snmptables.ARP_IPV4, 7, 10, 20, 7, 1), b"\xff" * 6),
        ((*snmptables.ARP_IPV4, 7, 10, 20, 7, 1), 5),
        ((*snmptables.ARP_IPV4, 7, 224, 0, 0, 1), bytes(OCTETS)),
        ((*snmptables.ARP_ANY, 7, 1, 16, 10, 20, 7, 1), bytes(OCTETS)),
        ((*snmptables.ARP_ANY, 7, 16, 2, 10, 20), bytes(OCTETS)),
        ((*snmptables.ARP_ANY,), bytes(OCTETS)),
        ((1, 3), bytes(OCTETS)),
    ],
)
def test_a_row_without_address_or_mac_is_counted(row: tuple[ber.Arcs, snmptables.Value]) -> None:
    assert snmptables.addresses([row]) == ((), 1)


@given(st.lists(st.tuples(ARCS, VALUES), max_size=20))
def test_rows_of_any_kind_are_read_without_a_fault(found: list[tuple[ber.Arcs, snmptables.Value]]) -> None:
    prefixed = [((*prefix, *name), value) for prefix in (snmptables.VLAN_PORT, snmptables.ARP_ANY) for name, value in found]
    snmptables.addresses(prefixed)
    snmptables.learned(prefixed, prefixed, prefixed, prefixed)
    snmptables.port_names(prefixed, prefixed)
    remote = [((*column, *name), value) for column in snmptables.LLDP_COLUMNS for name, value in found]
    managed = [((*snmptables.LLDP_MANAGED, *name), value) for name, value in found]
    inventory = [((*snmptables.LLDP_INVENTORY_COLUMNS[0], *name), value) for name, value in found]
    for row in snmptables.neighbours(remote, managed, inventory):
        frame = snmptables.announcement(row)
        if frame is not None:
            try:
                lldp.decode(frame)
            except DecodeError:
                continue


def test_own_and_written_entries_are_no_devices_and_a_shared_database_names_no_vlan() -> None:
    port, status = (*snmptables.VLAN_PORT, 5), (*snmptables.VLAN_STATUS, 5)
    second = (*OCTETS[:5], 0x12)
    found = snmptables.learned(
        [((*port, *OCTETS), 3), ((*port, *second), 3), ((*port, *OCTETS[:5], 0x13), 0), ((*port, 0xFF, *OCTETS[1:]), 3)],
        [((*status, *OCTETS), 3), ((*status, *second), 4)],
        [((*snmptables.VLAN_DATABASE, 0, 20), 5), ((*snmptables.VLAN_DATABASE, 0, 30), 5)],
    )
    assert found == (snmptables.Learned(mac=MAC, port=3, vlan=None, source="dot1q"),)


def test_the_vlan_of_a_port_stands_in_where_the_table_has_none() -> None:
    found = snmptables.learned(
        [((*snmptables.BRIDGE_PORT, *OCTETS), 3)],
        [],
        port_vlans=[((*snmptables.PORT_VLAN, 3), 20), ((*snmptables.PORT_VLAN, 4), 0)],
    )
    assert found == (snmptables.Learned(mac=MAC, port=3, vlan=20, source="dot1d"),)


def test_ports_are_named_by_their_interfaces_and_else_by_the_description() -> None:
    interfaces = [
        ((*snmptables.PORT_INTERFACE, 1), 101),
        ((*snmptables.PORT_INTERFACE, 2), 102),
        ((*snmptables.PORT_INTERFACE, 3), b""),
    ]
    names = [((*snmptables.INTERFACE_NAME, 101), b"Gi1/0/1\0")]
    texts = [((*snmptables.INTERFACE_TEXT, 101), b"GigabitEthernet1/0/1"), ((*snmptables.INTERFACE_TEXT, 102), b"Port 2")]
    assert snmptables.port_names(interfaces, names, texts) == {1: "Gi1/0/1", 2: "Port 2"}


def test_a_row_of_lldp_says_what_its_frame_said() -> None:
    neighbour = simulator.Neighbour(
        chassis=MAC,
        name="cam",
        description="; AXIS Q1656",
        bridge=True,
        managed_at="10.20.0.20",
        manufacturer="AXIS",
        model="Q1656",
    )
    objects = rows(
        simulator.bridge([simulator.Port(name="1", learned=((MAC, 20),), neighbour=neighbour)], own_mac="00:1b:0d:10:00:a0")
    )
    (row,) = snmptables.neighbours(
        below(objects, snmptables.LLDP_REMOTE),
        below(objects, snmptables.LLDP_MANAGED),
        below(objects, snmptables.LLDP_INVENTORY),
    )
    frame = snmptables.announcement(row)
    assert frame is not None
    assert lldp.decode(frame) == lldp.Message(
        chassis=MAC,
        port=MAC,
        port_description="eth0",
        system_name="cam",
        system_description="; AXIS Q1656",
        capabilities=("bridge",),
        management=("10.20.0.20",),
        inventory=(("manufacturer", "AXIS"), ("model", "Q1656")),
    )
    assert snmptables.chassis_macs(row) == (MAC, MAC)
