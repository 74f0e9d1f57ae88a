"""The command ``clusters``: group the images or objects of the dataset by their embeddings."""

from pathlib import Path

from pipeline.datasets.raw.containers import read_if_there
from pipeline.embedding.contact_sheet import indexed_item, write_contact_sheet
from pipeline.embedding.index import INDEX, read_index
from pipeline.embedding.neighbours import groups
from pipeline.errors import PipelineError
from pipeline.params.load import load_params

COLUMNS, SHOWN = 6, 18


def clusters(kind: str, number: int, output: Path) -> None:
    """Print each group with its most frequent classes, and write a picture of its most typical members.

    Args:
        kind: "image" or "crop".
        number: The number of groups.
        output: The folder to write to.

    Raises:
        PipelineError: There is no index, or it has fewer items than groups.
    """
    params = load_params()
    vectors, items = read_index(INDEX, kind)
    if number > len(items):
        raise PipelineError(f"{INDEX}: the index holds {len(items)} of kind {kind}; ask for fewer groups")
    group, distance = groups(vectors, number, params.seed)
    items = items.assign(group=group, distance=distance)
    raw = Path("data") / params.dataset.images
    output.mkdir(parents=True, exist_ok=True)
    items.sort_values(["group", "distance"]).to_csv(output / "groups.csv", index=False)
    for name, members in items.groupby("group"):
        counts = members["class_name"].replace("", "no class").value_counts()
        classes = ", ".join(f"{label} {count}" for label, count in counts.head(3).items())
        print(f"group {name}: {len(members):,} ({classes})")
        typical = members.sort_values("distance").head(SHOWN)
        shown = [
            indexed_item(read_if_there(raw, row["file"]), row, row["class_name"])
            for _, row in typical.iterrows()
        ]
        write_contact_sheet(shown, COLUMNS, output / f"group_{name:02d}.png")
    print(f"wrote {output}: groups.csv, and a picture of each group")
