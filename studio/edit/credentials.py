"""Content credentials (C2PA): a film says how it was made, and shows when a byte of it was changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.edit import unhashed
from studio.edit.certificate import Identity
from studio.errors import BadInput, StudioError

if TYPE_CHECKING:
    from c2pa import Context

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED, ALGORITHMIC = SOURCE + "trainedAlgorithmicMedia", SOURCE + "algorithmicMedia"
"""IPTC digital source type: made by a model that learnt from samples, or by an algorithm that did not."""
PRODUCTION = "studio-film.production"
"""Label of Studio's own assertion."""
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}


@dataclass(frozen=True)
class Checked:
    """What ``verify`` found. ``faults`` is empty where the film is as it was signed."""

    title: str = ""
    signer: str = ""
    trusted: bool = False
    source: str = ""
    production: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def sign(film: Path, out: Path, title: str, trained: bool, made: Mapping[str, Any], identity: Identity) -> None:
    """Write ``film`` to ``out`` with credentials that state ``made`` (engine, models, prompt …). Raises BadInput where
    the certificate may not sign, StudioError where signing fails."""
    import c2pa

    source = TRAINED if trained else ALGORITHMIC
    agent = {"name": "Studio", "version": str(made.get("studio", ""))}
    metadata = {
        "@context": NAMESPACES, "dc:title": title, "Iptc4xmpExt:DigitalSourceType": source,
        "Iptc4xmpExt:AISystemUsed": f"Studio, engine {made.get('engine', '')}",
        "Iptc4xmpExt:AISystemVersionUsed": agent["version"], "Iptc4xmpExt:AIPromptInformation": made.get("prompt", ""),
    }  # fmt: skip
    created = {"action": "c2pa.created", "digitalSourceType": source, "softwareAgent": agent}
    # The brand of the file is outside of C2PA's hash; here it is inside.
    stated = {**made, "ftyp": unhashed.brand(film)}
    manifest = {
        "claim_generator_info": [agent], "title": title, "format": "video/mp4",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": "cawg.metadata", "data": metadata},
            {"label": PRODUCTION, "data": stated},
        ],
    }  # fmt: skip
    out.unlink(missing_ok=True)
    try:
        info = c2pa.C2paSignerInfo(identity.algorithm, identity.chain, identity.key, None)
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(manifest) as builder:
            builder.sign_file(str(film), str(out), signer)
    except c2pa.C2paError as error:
        if "ertificate" in str(error):
            raise BadInput(f"this certificate may not sign content credentials: {error}") from None
        raise StudioError(f"the film could not be signed: {error}") from None


def verify(file: Path, anchors: bytes = b"") -> Checked:
    """Check the credentials of ``file``; ``anchors`` are authorities to trust, as PEM."""
    import c2pa

    trust = {"trust": {"user_anchors": anchors.decode()}} if anchors else {}
    try:
        with _context(trust) as context, c2pa.Reader(str(file), context=context) as reader:
            told = json.loads(reader.json())
    except c2pa.C2paError as error:
        if "ManifestNotFound" in str(error) or "no JUMBF" in str(error):
            return Checked(faults=("it has no content credentials",))
        if "NotSupported" in str(error):
            return Checked(faults=("files of this kind carry no content credentials",))
        return Checked(faults=(f"its content credentials are damaged ({_plain(str(error))})",))
    label = told.get("active_manifest", "")
    active = told.get("manifests", {}).get(label)
    faults = tuple(dict.fromkeys(_failures(told)))
    if active is None or faults:  # nothing that it says can be relied on
        return Checked(faults=faults or ("its content credentials are damaged (no manifest is active)",))
    assertions = {a["label"]: a["data"] for a in active.get("assertions", [])}
    production = assertions.get(PRODUCTION)
    if isinstance(production, dict):  # another program's film is held to C2PA's own rules
        faults = tuple(unhashed.changed(file, str(production.pop("ftyp", "")), label))
    by = active.get("signature_info", {})
    return Checked(
        title=str(active.get("title", "")), signer=" · ".join(filter(None, (by.get("issuer"), by.get("common_name")))),
        trusted=told["validation_state"] == "Trusted", source=_source(assertions),
        production=production if isinstance(production, dict) else {}, faults=faults,
    )  # fmt: skip


def _source(assertions: Mapping[str, Any]) -> str:
    """The digital source type that the first action names."""
    for label in ("c2pa.actions.v2", "c2pa.actions"):
        for action in assertions.get(label, {}).get("actions", []):
            if source := action.get("digitalSourceType"):
                return str(source)
    return ""


def _context(settings: dict[str, Any]) -> Context:
    import c2pa

    return c2pa.Context(c2pa.Settings.from_dict(settings)) if settings else c2pa.Context()


def _plain(text: str) -> str:
    return " ".join(text.split())[:160]


SAID = {
    "assertion.bmffHash.mismatch": "the film was changed after it was signed (its bytes do not match their hash)",
    "assertion.hashedURI.mismatch": "a statement in its credentials was changed after it was signed",
    "claimSignature.mismatch": "its signature does not match its credentials",
    "claimSignature.missing": "its signature is missing",
    "assertion.missing": "a statement that its credentials name is missing",
    "signingCredential.expired": "the signer's certificate had expired",
    "signingCredential.invalid": "the signer's certificate is not one that may sign content credentials",
}
"""C2PA's failure codes in words; others are shown as they are."""


def _failures(told: Mapping[str, Any]) -> Iterator[str]:
    """Why the credentials do not hold. That nobody vouches for the signer is shown, and is no fault of the film."""
    active = told.get("validation_results", {}).get("activeManifest", {})
    failed = [one for one in active.get("failure", []) if one["code"] != "signingCredential.untrusted"]
    for one in failed:
        yield SAID.get(one["code"], f"{one.get('explanation') or one['code']} ({one['code']})")
    if not failed and told["validation_state"] not in ("Valid", "Trusted"):
        yield f"its credentials are {told['validation_state'].lower()}"
