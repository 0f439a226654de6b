"""Known answers.

Leaves, roots and proofs are the reference vectors of Certificate Transparency (RFC 6962; the tree is that of
RFC 9162), the hash over all subtrees is that of draft-ietf-plants-merkle-tree-certs, appendix C.1, and
the checkpoint is the example of C2SP tlog-checkpoint.
"""

from hashlib import sha256

import pytest

from merkle.forest import Fetcher, recursive_hash, tiles
from meterkast.protocols.merkle import EMPTY_ROOT, TileTree, leaf_hash, tree_hash, verify_consistency
from meterkast.protocols.merkle.note import parse_note

LEAVES = [
    bytes.fromhex(each)
    for each in (
        *("", "00", "10", "2021", "3031", "40414243"),
        *("5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
INCLUSION = {
    (0, 1): [],
    (0, 8): CONSISTENCY[1, 8],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
SUBTREES = "94a95384a8c69acea9b50d035a58285b3a777cb7a724005faa5e1f1e1190007f"


def tree(size: int) -> TileTree:
    return TileTree(size, Fetcher(tiles([leaf_hash(each) for each in LEAVES[:size]])))


@pytest.mark.parametrize("size", range(9))
def test_roots(size: int) -> None:
    assert tree_hash([leaf_hash(each) for each in LEAVES[:size]]).hex() == ROOTS[size]
    assert tree(size).root().hex() == ROOTS[size]
    assert recursive_hash(LEAVES[:size]).hex() == ROOTS[size]


def test_the_empty_tree() -> None:
    assert EMPTY_ROOT.hex() == ROOTS[0]


@pytest.mark.parametrize(("first", "second"), CONSISTENCY)
def test_consistency_proofs(first: int, second: int) -> None:
    proof = tree(second).consistency_proof(first)
    assert [each.hex() for each in proof] == CONSISTENCY[first, second]
    verify_consistency(first, second, proof, bytes.fromhex(ROOTS[first]), bytes.fromhex(ROOTS[second]))


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs(index: int, size: int) -> None:
    assert [each.hex() for each in tree(size).inclusion_proof(index)] == INCLUSION[index, size]


def test_every_subtree_up_to_130_entries() -> None:
    leaves = [leaf_hash(bytes((each,))) for each in range(130)]
    everything = sha256()
    for end in range(1, 131):
        for start in range(end):
            if start % (1 << (end - start - 1).bit_length()) == 0:
                everything.update(f"[{start}, {end}) {tree_hash(leaves[start:end]).hex()}\n".encode())
    assert everything.hexdigest() == SUBTREES


def test_the_checkpoint_of_the_specification_is_read() -> None:
    example = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    ).encode()
    note = parse_note(example)
    assert note.encode() == example
    assert note.signatures[0].name == "example.com/behind-the-sofa"
    assert (note.signatures[0].key_id.hex(), len(note.signatures[0].octets)) == ("033de0ae", 64)
