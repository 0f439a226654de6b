"""CycloneDX in and out: what is written is read back, what is invalid is refused, a seat is no origin."""

import json
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from meterkast.assurance.dossier import Ref, bom, load
from meterkast.assurance.dossier.component import Criticality, Part
from meterkast.model.errors import DataError, LocalError

INVENTED = Path(__file__).parent / "invented"
VERSIONS = ("1.6", "1.7")


def document(**changes: object) -> dict[str, Any]:
    whole = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [
            {"type": "device", "bom-ref": "board", "name": "board", "supplier": {"name": "Chipmaker Ltd"}},
            {
                "type": "firmware",
                "bom-ref": "fw",
                "name": "fw",
                "version": "1.2",
                "purl": "pkg:generic/fw@1.2",
            },
        ],
        "dependencies": [{"ref": "board", "dependsOn": ["fw"]}],
    }
    return {**whole, **changes}


def read(whole: dict[str, Any], component: str | None = None) -> tuple[Part, ...]:
    return bom.read_document(json.dumps(whole), "bom.cdx.json", component)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_written_is_read_back(version: str) -> None:
    for dossier in (load(), load(INVENTED)):
        back = bom.read_document(bom.write_cyclonedx(dossier, version), "bom")
        assert back == tuple(replace(part, name=part.name or part.cls) for part in dossier.parts)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_written_passes_the_librarys_own_strict_validator(version: str) -> None:
    text = bom.write_cyclonedx(load(INVENTED), version)
    assert JsonStrictValidator(SchemaVersion.from_version(version)).validate_str(text) is None
    assert json.loads(text)["specVersion"] == version


def test_the_same_dossier_gives_the_same_text() -> None:
    assert bom.write_cyclonedx(load()) == bom.write_cyclonedx(load())


def test_one_component_alone() -> None:
    parts = bom.read_document(bom.write_cyclonedx(load(), component="C4"), "bom")
    assert [part.id for part in parts] == ["gas-meter-1", "gas-meter-2"]


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
countries = st.none() | st.sampled_from(["NL", "CN", "JP"])
critical = st.none() | st.builds(
    Criticality,
    since=st.dates(),
    until=st.none() | st.dates(),
    decider=names,
    ref=st.just(Ref(source="S3", line=48)),
)


@settings(max_examples=40)
@given(
    st.lists(
        st.builds(
            Part,
            id=names,
            component=names,
            cls=names,
            vendor=st.none() | names,
            party=st.none() | names,
            name=names,
            maker_part_number=st.none() | names,
            version=st.none() | names,
            quantity=st.integers(1, 10**6),
            value_eur=st.none() | st.floats(0, 1e9),
            critical=critical,
            design=countries,
            production=countries,
            assembly=countries,
            firmware=countries,
            ref=st.none() | st.builds(Ref, source=st.just("S3"), line=st.none() | st.integers(1, 200)),
        ),
        max_size=5,
        unique_by=lambda part: part.id,
    ),
    st.sampled_from(VERSIONS),
)
def test_any_parts_come_back(parts: list[Part], version: str) -> None:
    chained = [replace(part, contains=(after.id,)) for part, after in pairwise(parts)] + parts[-1:]
    dossier = replace(load(INVENTED), parts=tuple(chained))
    assert bom.read_document(bom.write_cyclonedx(dossier, version), "bom") == tuple(chained)


def test_a_foreign_document_is_read() -> None:
    board, firmware = read(document(), "C2")
    assert (board.id, board.component, board.cls, board.party) == ("board", "C2", "device", "Chipmaker Ltd")
    assert board.contains == ("fw",)
    assert (firmware.cls, firmware.version, firmware.purl) == ("firmware", "1.2", "pkg:generic/fw@1.2")


def test_nested_parts_are_held_by_what_they_lie_in() -> None:
    inner = {
        "type": "device",
        "bom-ref": "chip",
        "name": "chip",
        "components": [{"type": "firmware", "name": "rom"}],
    }
    outer = {"type": "device", "bom-ref": "board", "name": "board", "components": [inner]}
    parts = {part.name: part for part in read(document(components=[outer], dependencies=[]))}
    assert parts["board"].contains == ("chip",)
    assert parts["chip"].contains == (parts["rom"].id,)


def test_a_part_holds_what_lies_in_it_and_what_it_depends_on() -> None:
    outer = thing("board", components=[thing("chip")])
    needs = [{"ref": "board", "dependsOn": ["driver", "chip"]}]
    parts = read(document(components=[outer, thing("driver")], dependencies=needs))
    assert parts[0].contains == ("chip", "driver")


def test_the_seat_of_a_supplier_is_no_origin() -> None:
    seated = {"name": "Aurora", "address": {"country": "NL"}}
    part = read(document(components=[{"type": "device", "name": "x", "supplier": seated}], dependencies=[]))[
        0
    ]
    assert (part.design, part.production, part.assembly, part.firmware) == (None, None, None, None)


def refused(text: str) -> DataError:
    with pytest.raises(DataError) as caught:
        bom.read_document(text, "bom.cdx.json")
    assert caught.value.where is not None
    assert caught.value.where.startswith("bom.cdx.json")
    return caught.value


def thing(name: str, **more: object) -> dict[str, Any]:
    return {"type": "device", "bom-ref": name, "name": name, **more}


def told(name: str, value: str) -> dict[str, Any]:
    return thing("a", properties=[{"name": name, "value": value}])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"specVersion": "1.5"}, "bom-version-unsupported"),
        ({"specVersion": 1.6}, "bom-version-unsupported"),
        ({"colour": "red"}, "bom-invalid"),
        ({"components": [{"type": "device"}]}, "bom-invalid"),
        ({"components": [thing("a", colour="red")]}, "bom-invalid"),
        ({"components": [{"type": "cheese", "name": "x"}]}, "bom-invalid"),
        ({"components": [thing("a", properties=[{"name": "x", "value": 1}])]}, "bom-invalid"),
        ({"components": [{"type": "device", "name": "x"}] * 2, "dependencies": []}, "bom-invalid"),
        ({"components": [thing("board"), thing("board", version="2")]}, "bom-reference-twice"),
        ({"dependencies": [{"ref": "ghost"}]}, "bom-reference-dangling"),
        ({"dependencies": [{"ref": "board", "dependsOn": ["ghost"]}]}, "bom-reference-dangling"),
        ({"components": [told("cdx:device:quantity", "0")], "dependencies": []}, "bom-property-malformed"),
        ({"components": [told("cdx:device:quantity", "many")], "dependencies": []}, "bom-property-malformed"),
        (
            {"components": [told("meterkast:critical:since", "soon")], "dependencies": []},
            "bom-property-malformed",
        ),
        (
            {"components": [told("meterkast:critical:since", "2026-01-01")], "dependencies": []},
            "bom-property-malformed",
        ),
        ({"components": [told("meterkast:ref", "line 1")], "dependencies": []}, "bom-property-malformed"),
    ],
)
def test_an_invalid_document_is_refused(changes: dict[str, Any], code: str) -> None:
    assert refused(json.dumps(document(**changes))).code == code


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '"CycloneDX"', "null"])
def test_what_is_no_object_is_refused(text: str) -> None:
    assert refused(text).code == "bom-malformed"


@given(st.text())
def test_any_text_is_refused_or_read(text: str) -> None:
    assert refused(text).code.startswith("bom-")


def test_deep_nesting_is_refused_and_nothing_falls_over() -> None:
    text = '{"type":"device","name":"x"}'
    for _ in range(400):
        text = f'{{"type":"device","name":"x","components":[{text}]}}'
    whole = f'{{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{text}]}}'
    assert refused(whole).code in {"bom-invalid", "bom-malformed"}


def test_a_fault_is_not_hidden_by_a_sound_document_before_it() -> None:
    """The memory of the quick validator holds what passed, never what failed."""
    sound = document(components=[thing("a", properties=[{"name": "n", "value": "v"}])], dependencies=[])
    unsound = document(components=[thing("a", properties=[{"name": "n", "worth": "v"}])], dependencies=[])
    for _ in range(2):
        assert read(sound)[0].id == "a"
        assert refused(json.dumps(unsound)).code == "bom-invalid"


def test_only_known_versions_are_written() -> None:
    with pytest.raises(LocalError) as caught:
        bom.write_cyclonedx(load(), "1.4")
    assert caught.value.code == "bom-version-unsupported"


def test_a_bill_of_material_lies_beside_the_dossier_and_its_makers_are_known(tmp_path: Path) -> None:
    folder = tmp_path / "dossier"
    copytree(INVENTED, folder)
    whole = document(
        metadata={
            "component": {**thing("meter"), "properties": [{"name": "meterkast:component", "value": "H1"}]}
        }
    )
    (folder / "meter.cdx.json").write_text(json.dumps(whole), encoding="utf-8")
    parts = {part.id: part for part in load(folder).parts}
    assert (parts["board"].component, parts["board"].party) == ("H1", "chipmaker")
    assert bom.read_cyclonedx(folder / "meter.cdx.json")[0].party == "Chipmaker Ltd"


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        bom.read_cyclonedx(tmp_path / "absent.cdx.json")
    assert caught.value.code == "bom-malformed"


def test_criticality_has_its_dates() -> None:
    named = Criticality(since=date(2026, 1, 1), until=date(2027, 1, 1), decider="x", ref=Ref(source="S3"))
    assert [named.holds(day) for day in (date(2025, 12, 31), date(2026, 1, 1), date(2027, 1, 1))] == [
        False,
        True,
        False,
    ]
