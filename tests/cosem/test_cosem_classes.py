"""Classes and companion standards as data: whole, free of contradictions, and true of our own objects."""

from itertools import pairwise

import pytest

from cosem.peers import device
from meterkast.model.errors import DataError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Kind
from meterkast.protocols.cosem import catalogue, classes
from meterkast.protocols.cosem.profiles import load, names

IN_THE_FIELD = {1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 15, 17, 18, 19, 20, 21, 22, 23, 30, 40, 41, 45, 47}
IN_THE_FIELD |= {61, 62, 63, 64, 70, 71, 72, 77, 151}


def test_every_class_of_the_field_is_described_once() -> None:
    numbers = [each.class_id for each in classes.all_classes()]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) >= IN_THE_FIELD


@pytest.mark.parametrize("each", classes.all_classes(), ids=lambda each: each.name)
def test_a_class_begins_with_its_name_and_uses_known_types(each: classes.InterfaceClass) -> None:
    assert each.attributes[0].name == "logical_name"
    assert len({attribute.name for attribute in each.attributes}) == len(each.attributes)
    known = {kind.label for kind in Kind} | {"choice"}
    assert {attribute.type for attribute in each.attributes} <= known
    assert [attribute.number for attribute in each.attributes] == list(range(1, len(each.attributes) + 1))
    assert each.attribute(0) is each.attribute(len(each.attributes) + 1) is None


def test_switches_are_known_to_the_client_only() -> None:
    assert {each.class_id for each in classes.all_classes() if not each.offered} == {70, 71}
    for number in (70, 71):
        assert classes.find(number) is not None


def test_our_own_objects_are_of_their_classes() -> None:
    for each in device().objects:
        described = classes.find(each.class_id)
        assert described is not None
        assert each.version <= described.version
        for number in each.attributes:
            attribute = described.attribute(number)
            assert attribute is not None
            if attribute.type not in ("choice", "array"):
                assert each.read(number).kind.label == attribute.type, (each.class_id, attribute.name)


def test_standards_grow_and_never_lose_an_object() -> None:
    assert names() == ("dsmr-4.2.2", "smr-5.0", "smr-5.1", "smr-5.2", "smr-5.5")
    sizes = [{each.logical_name for each in load(name).objects} for name in names()]
    assert all(earlier < later for earlier, later in pairwise(sizes))


@pytest.mark.parametrize("name", names())
def test_objects_are_of_described_classes_and_profiles_have_a_size(name: str) -> None:
    companion = load(name)
    assert companion.source
    for each in companion.objects:
        described = classes.find(each.class_id)
        assert described is not None
        assert described.offered, "no Dutch companion standard has a switch"
        assert (each.capture_period is not None) == (each.class_id == 7)
        assert catalogue.name(each.logical_name, "nl"), each.logical_name
        assert catalogue.name(each.logical_name, "en"), each.logical_name


def test_the_quarter_hours_are_kept_for_ten_days_in_every_standard() -> None:
    for name in names():
        quarters = load(name).find(Obis(1, 0, 99, 1, 0))
        assert quarters is not None
        assert quarters.capture_period is not None
        assert quarters.entries is not None
        assert quarters.capture_period * quarters.entries == 10 * 86_400
        assert len(quarters.columns) == 4


def test_an_unknown_standard_says_which_there_are() -> None:
    with pytest.raises(DataError) as error:
        load("dsmr-9")
    assert "dsmr-4.2.2" in str(error.value.hint)
