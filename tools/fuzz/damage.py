"""Ways to damage a file of a dataset at random."""

import json
import random
from typing import Any

from tools.fuzz.sound import Files, as_json

TOKENS = [
    b"", b"0", b"-1", b"1e999", b"-1e308", b"nan", b"inf", b"9" * 400, b"null", b"true", b"[]", b"{}", b'"',
    b"'", b"<", b">", b"&", b"&lt;", b"</annotation>", b"<!DOCTYPE a [<!ENTITY e 'x'>]>", b"&e;",
    b"../../../etc/passwd", b"/etc/passwd", b"C:\\x.jpg", b"..\\..\\x.png", b"\0", b"\xff\xfe", b"\xef\xbb\xbf",
    b"\xed\xa0\x80", b"\\ud800", "é漢🙂".encode(), b"\r", b"\n", b"\n\n", b"\t", b",", b";", b":", b"- ", b"#",
    b"%", b"*", b"&a ", b"!!python/object:os.system", b"1_000", b"0x10", b"1,5", b"1;2", b"0.5 0.5",
    b"99999999999999999999", b"2147483648", b"-0.0", b"train", b"../train",
]  # fmt: skip


VALUES: list[Any] = [
    None, True, 0, -1, 2**31, 2**63, 10**30, 0.5, -1e308, 1e308, float("nan"), float("inf"), "", "0", "x",
    "../../etc/passwd", "/etc/passwd", "\0", "\ud800", [], {}, [[]], [None], [1, 2], [1e308] * 4,
    [float("nan")] * 4, ["a"] * 4, {"id": 1}, [0] * 5, "9" * 5000, [[1, 2, 3, 4, 5, 6]],
    {"size": [1, 1], "counts": "zzz"}, {"size": [32, 48], "counts": [-1, 9]},
]  # fmt: skip


def damage(data: bytes, rng: random.Random) -> bytes:
    """Damage a file in one way."""
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.choice((1, 2, 5, 20, 200)))
    lines = data.split(b"\n")
    match rng.randrange(9):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + rng.choice(TOKENS) + data[at:]
        case 2:
            return data[:at] + rng.choice(TOKENS) + data[end:]
        case 3:
            return data[:at] + data[end:]
        case 4:
            return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        case 5:
            rng.shuffle(lines)
            return b"\n".join(lines)
        case 6:
            return data[:at] + data[at:end] * rng.choice((2, 3, 50)) + data[end:]
        case 7:
            return damage_number(data, rng)
        case _:
            return data[at:] + data[:at]


def damage_json(data: bytes, rng: random.Random) -> bytes:
    """Replace a value of a JSON file by another one; the file stays JSON."""
    try:
        tree = json.loads(data)
    except ValueError:
        return data
    if not isinstance(tree, dict | list):
        return data
    places: list[tuple[Any, Any]] = [(None, None)]
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        places += [(node, key) for key in keys]
        waiting += [node[key] for key in keys if isinstance(node[key], dict | list)]
    node, key = rng.choice(places)
    value = rng.choice(VALUES)
    if node is None:
        return as_json(value)
    if rng.random() < 0.2:
        del node[key]
    else:
        node[key] = [node[key]] if rng.random() < 0.2 else value
    return as_json(tree)


def damage_number(data: bytes, rng: random.Random) -> bytes:
    """Replace a number by a token, if the file has one."""
    places = [at for at, byte in enumerate(data) if 48 <= byte < 58]
    if not places:
        return data
    at = rng.choice(places)
    end = at
    while end < len(data) and data[end : end + 1] in b"0123456789.":
        end += 1
    return data[:at] + rng.choice(TOKENS) + data[end:]


def damaged(files: Files, rng: random.Random) -> Files:
    """Damage a dataset one to four times: mostly annotations, sometimes a picture, a file's name, or its presence."""
    files = dict(files)
    for _ in range(rng.randrange(1, 5)):
        written = [name for name in files if not name.endswith(".png")] or list(files)
        name = rng.choice(written if rng.random() < 0.9 else list(files))
        match rng.randrange(12):
            case 0:
                files.pop(name)
            case 1:
                files[f"{name}.{rng.choice(['xml', 'json', 'txt', 'csv', 'png'])}"] = files[name]
            case _ if name.endswith(".json") and rng.random() < 0.7:
                files[name] = damage_json(files[name], rng)
            case _:
                files[name] = damage(files[name], rng)
        if not files:
            break
    return files
