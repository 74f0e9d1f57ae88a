import numpy as np
import pytest

from pipeline.datasets.checks import leakage
from pipeline.datasets.checks.leakage import LookAlikes, copies
from pipeline.datasets.table.faults import Action
from pipeline.params.load import load_params

CHECKS = load_params().convert.checks


def hashes(*motifs):
    """Return a hash an image: of one motif all are near, of two none; "" has none; "ab" is near "a" and "b"."""
    drawn = {
        letter: np.random.default_rng(ord(letter)).integers(0, 2, 256, dtype=np.uint8) for letter in "abcdef"
    }
    # the second motif is the first with 40 bits changed, the third the second with 40 others: near in a chain
    chain = drawn["a"].copy()
    for letter, first in (("x", 0), ("y", 40), ("z", 80)):
        chain = chain.copy()
        chain[first : first + 40] ^= 1
        drawn[letter] = chain
    return np.array([np.packbits(drawn[motif]) if motif else np.zeros(32) for motif in motifs], np.uint8)


def settled(motifs, splits, groups=None, **rules):
    checks = CHECKS.model_copy(update={"near_duplicate_max_moved": 1.0} | rules)
    files = np.array([f"{row}.jpg" for row in range(len(splits))], object)
    codes = np.arange(len(splits)) if groups is None else np.array(groups)
    words = {"T": "train", "V": "val", "E": "test"}
    given = np.array([words[split] for split in splits], object)
    leaks = LookAlikes(hashes(*motifs), codes, files, given, checks).leaks()
    return {leak.row: leak for leak in leaks}


def moved(*arguments, **rules):
    return {row: leak.split for row, leak in settled(*arguments, **rules).items()}


def test_what_looks_like_one_of_another_split_moves_to_that_which_is_held_out_first():
    assert moved("abca", "TTVV") == {0: "val"}
    assert moved("abca", "VTTE") == {0: "test"}
    assert moved("aab", "TTV") == {}
    leak = settled("abca", "TTVV")[0]
    assert (leak.fault.detail, leak.fault.action_text) == (
        "looks like 3.jpg of val",
        "moved from train to val",
    )


def test_of_three_splits_all_go_to_the_test():
    assert moved("aaa", "TVE") == {0: "test", 1: "test"}


def test_a_chain_goes_as_a_whole():
    """x is near a, y near x alone, z near y alone: when x leaves train, y and z would leak."""
    found = settled("axyzb", "VTTTT")
    assert {row: leak.split for row, leak in found.items()} == {1: "val", 2: "val", 3: "val"}
    assert found[3].fault.detail == "looks like 2.jpg of train, and so do others of another split"


def test_a_group_goes_as_a_whole_and_draws_along_what_its_images_look_like():
    found = settled("acbba", "VTTTT", groups=[0, 1, 2, 3, 3])
    assert {row: leak.split for row, leak in found.items()} == {2: "val", 3: "val", 4: "val"}
    assert found[4].fault.detail == "looks like 0.jpg of val"
    assert settled("acda", "VTTT", groups=[0, 1, 2, 2])[2].fault.detail == (
        "in one group with one that looks like one of val"
    )


def test_a_group_that_is_kept_in_two_splits_is_no_reason_to_move():
    assert moved("abc", "VTT", groups=[0, 0, 1]) == {}


def test_images_without_a_hash_look_like_none():
    assert moved(["", "", "a"], "VTT") == {}


def test_sets_are_mended_whole_the_smallest_first_as_far_as_the_limit_goes():
    motifs, splits = "abbb" + "ab" + "cdef", "TTTT" + "VV" + "TTTT"
    found = settled(motifs, splits, near_duplicate_max_moved=0.3)
    assert {row: leak.split for row, leak in found.items()} == {0: "val", 1: "train", 2: "train", 3: "train"}
    assert found[1].fault.action is Action.KEEP and found[1].fault.how.startswith(
        "kept: more of the images look alike across splits than"
    )
    assert moved(motifs, splits, near_duplicate_max_moved=0.4) == dict.fromkeys(range(4), "val")


def test_other_rules():
    assert moved("aaba", "TVTT", near_duplicate="keep") == {0: "train", 3: "train"}
    assert moved("aaba", "TVTT", near_duplicate="stop") == {0: "train", 3: "train"}
    found = settled("aaba", "TVTT", near_duplicate="drop")
    assert {row: leak.split for row, leak in found.items()} == {0: "", 3: ""}
    assert found[0].fault.action_text == "image left out of train"


def test_of_a_chain_only_what_looks_like_an_image_that_stays_is_left_out():
    """x of val is near a of the test, y of train near x alone."""
    assert moved("axy", "EVT", near_duplicate="drop") == {1: ""}


def random_motifs(seed):
    rng = np.random.default_rng(seed)
    count = 40
    return (
        rng.choice(list("abcxyz"), count).tolist(),
        rng.choice(list("TTTVE"), count).tolist(),
        rng.integers(0, 25, count).tolist(),
    )


@pytest.mark.parametrize("seed", range(20))
def test_nothing_leaks_afterwards(seed):
    motifs, splits, groups = random_motifs(seed)
    first = {}  # groups are in one split when it begins
    splits = [first.setdefault(group, split) for group, split in zip(groups, splits, strict=True)]
    words = {"T": "train", "V": "val", "E": "test"}
    after = [words[split] for split in splits]
    for row, split in moved(motifs, splits, groups).items():
        after[row] = split
    letter = {split: key for key, split in words.items()}
    assert moved(motifs, [letter[split] for split in after], groups) == {}
    assert len({(group, split) for group, split in zip(groups, after, strict=True)}) == len(set(groups))


def test_of_the_same_bytes_the_first_stays():
    digests = np.zeros((5, 32), np.uint8)
    digests[:, 0] = [1, 2, 1, 2, 0]  # ends in zeros, as may be
    files = np.array(list("abcde"), object)
    splits = np.array(["train", "train", "test", "train", "val"], object)
    order = np.array([2, 4, 0, 1, 3])
    annotations = [[(1, 2)], [(1, 2)], [(1, 3)], [(1, 2)], []].__getitem__
    left_out = copies(digests, order, files, splits, annotations, CHECKS)
    assert [(leak.row, leak.fault.detail, leak.fault.action_text, leak.split) for leak in left_out] == [
        (0, "the same bytes as c, but other annotations", "image left out of train, kept in test", ""),
        (3, "the same bytes as b", "image left out", ""),
    ]
    keep = CHECKS.model_copy(update={"duplicate_image": "keep"})
    kept = copies(digests, order, files, splits, annotations, keep)
    assert [(leak.fault.action_text, leak.split) for leak in kept] == [("kept", "train"), ("kept", "train")]


def components(count, pairs):
    """Return the lowest image of each image's set, by repeated minima along the pairs."""
    lowest = np.arange(count)
    for _ in range(count):
        for first, second in pairs:
            lowest[[first, second]] = lowest[[first, second]].min()
    return lowest.tolist()


@pytest.mark.parametrize("share", [0.0, 0.02, 0.2, 1.0])
def test_few_edges_connect_what_the_pairs_connect(share, monkeypatch):
    monkeypatch.setattr(leakage, "_STRIP_ROWS", 8)
    rng = np.random.default_rng(7)
    left, right = rng.permutation(60)[:20], rng.permutation(60)[:15]
    near = rng.random((20, 15)) < share
    edges = leakage._edges(left, right, near)
    assert edges.shape[1] <= 3 * (20 + 15)
    pairs = [(left[row], right[column]) for row, column in np.argwhere(near)]
    joined = leakage._joined(np.arange(60), edges)
    assert joined.tolist() == components(60, pairs)


def test_a_film_is_joined_in_parts(monkeypatch):
    monkeypatch.setattr(leakage, "_EDGES", 10)
    whole = settled("a" * 30, "V" + "T" * 29)
    assert {leak.split for leak in whole.values()} == {"val"} and len(whole) == 29
