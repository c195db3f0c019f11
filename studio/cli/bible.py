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
    source: str = typer.Argument(metavar="FILE|NAME", help="A zip of `studio bible export`, or the bible to add to."),
    name: str = typer.Option("", help="With a zip: name of the bible here."),
    character: str = typer.Option("", help="Name of the person or animal that the photographs show."),
    location: str = typer.Option("", help="Name of the place that the photographs show."),
    photo: list[str] = typer.Option([], help="A picture, VIEW=FILE, or a folder of pictures; repeatable."),
    kind: str = typer.Option("", help="What it is: person, dog …; coast, lighthouse … [person]."),
    description: str = typer.Option("", help="One sentence that an artist could draw from."),
    replace: bool = typer.Option(False, help="Take these photographs instead of those there are."),
) -> None:
    """Read a bible from a zip file, or make one of your own photographs.

    Photographs become the views front, three_quarter and full_body of a character, wide and detail of a place, in this
    order. They are turned upright, cropped, and stripped of all that the camera noted, the place first of all.

    \b
    Examples:
      studio bible import bible.zip --name lighthouse
      studio bible import family --character Anna --photo anna.jpg --photo full_body=beach.jpg
      studio bible import family --character Rex --kind dog --photo rex/
    """
    from studio.config import workspace
    from studio.crew import importing
    from studio.errors import BadInput

    if bool(character) == bool(location) and (character or photo):
        raise BadInput("photographs show one --character NAME or one --location NAME")
    if not character and not location:
        if not name:
            raise BadInput("--name is missing: what is the bible of this zip to be called here?")
        count = importing.exported(workspace(), Path(source), name)
        print(f"imported {name}" + (f" with {count} pictures" if count else ""))
        return
    sitter = importing.Sitter(character or location, "characters" if character else "locations", kind, description)
    for label in importing.photographs(workspace(), source, sitter, photo, replace):
        print(label)
