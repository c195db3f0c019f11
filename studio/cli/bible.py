"""`studio bible`: characters and places that later productions can reuse."""

from __future__ import annotations

import json
from pathlib import Path

import typer

app = typer.Typer(help="Story bibles: list, show, export, import.", no_args_is_help=True)
AS_JSON = typer.Option(False, "--json", help="JSON on stdout.")


@app.command("list")
def list_(as_json: bool = AS_JSON) -> None:
    """List the workspace's bibles."""
    from studio.config import workspace
    from studio.crew.opening import read_bible

    space = workspace()
    names = sorted(path.parent.name for path in space.bibles.glob("*/bible.json"))
    rows = []
    for name in names:
        bible = read_bible(space, name)
        rows.append(
            {
                "name": name,
                "characters": [c.name for c in bible.characters],
                "locations": [p.name for p in bible.locations],
            }
        )
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(f"{row['name']:<50} {', '.join(row['characters'])} | {', '.join(row['locations'])}")
    if not rows:
        print("no story bibles yet; every production writes one")


@app.command()
def show(name: str = typer.Argument(help="The bible."), as_json: bool = AS_JSON) -> None:
    """Show who and what is in a bible, with the files of their reference images."""
    from studio.config import workspace
    from studio.crew.opening import read_bible

    space = workspace()
    bible = read_bible(space, name)
    if as_json:
        print(bible.model_dump_json())
        return
    folder = space.bibles / name / "references"
    for character in bible.characters:
        print(f"{character.name} ({character.kind}): {character.description}")
        print(f"    {folder / 'characters' / character.id}")
    for location in bible.locations:
        print(f"{location.name} ({location.kind}): {location.description}\n    {folder / 'locations' / location.id}")


@app.command()
def export(
    name: str = typer.Argument(help="The bible."), out: Path = typer.Option(..., help="A .zip to write.")
) -> None:
    """Write a bible and its images into one zip file."""
    import zipfile

    from studio.config import workspace
    from studio.crew.opening import read_bible
    from studio.publish import publish_path

    space = workspace()
    read_bible(space, name)
    temporary = out.with_name(f".{out.name}.tmp")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as bundle:
        for path in sorted((space.bibles / name).rglob("*")):
            if path.is_file() and path.suffix in (".json", ".png"):
                bundle.write(path, str(path.relative_to(space.bibles / name)))
    publish_path(temporary, out)
    print(out)


@app.command("import")
def import_(
    file: Path = typer.Argument(help="A zip written by `studio bible export`."),
    name: str = typer.Option(..., help="Name of the bible here."),
) -> None:
    """Read a bible from a zip file; the images are drawn again from the looks."""
    import zipfile

    from studio.config import workspace
    from studio.crew.opening import slug
    from studio.crew.slate import Bible
    from studio.errors import BadInput
    from studio.publish import publish_json

    space = workspace()
    if slug(name) != name or (space.bibles / name).exists():
        raise BadInput(f"--name {name!r} is taken or not a plain name; try {slug(name)}-2")
    try:
        with zipfile.ZipFile(file) as bundle:
            if bundle.getinfo("bible.json").file_size > 10_000_000:
                raise BadInput(f"{file}: bible.json is larger than 10 MB")
            bible = Bible.model_validate_json(bundle.read("bible.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BadInput(f"{file} is not an exported story bible: {str(error).splitlines()[0]}") from None
    (space.bibles / name).mkdir(parents=True)
    data = bible.model_copy(update={"name": name}).model_dump(mode="json")
    publish_json(space.bibles / name / "bible.json", data)
    print(f"imported {name}")
