"""The certificate that signs exported films: one that the user has, or one that Studio makes for the workspace.

C2PA 2.2, section 14.5.1, asks for a leaf with digitalSignature, an extended key usage and an authority key identifier,
not signed by itself; so Studio makes an authority, lets it sign one leaf, and throws the authority's key away.
"""

from __future__ import annotations

import datetime
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import BadInput
from studio.publish import publish_bytes, publish_path

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

YEARS = 10
CHAIN, KEY, AUTHORITY = "certificate.pem", "key.pem", "authority.pem"


@dataclass(frozen=True)
class Identity:
    """What signs: a chain (leaf first) and its key as PEM, and the signature's algorithm as C2PA names it."""

    chain: bytes
    key: bytes
    algorithm: str


@dataclass(frozen=True)
class Signing:
    """Where the certificate and its key lie. Without files of the user's, ``folder`` holds those that Studio makes."""

    folder: Path
    certificate: str = ""
    key: str = ""

    def identity(self) -> Identity:
        """The user's certificate, or the workspace's, which is made on first use. Raises BadInput in one line."""
        if bool(self.certificate) != bool(self.key):
            raise BadInput("provenance.certificate and provenance.key belong together; give both or neither")
        if self.certificate:
            return read(Path(self.certificate), Path(self.key))
        if not (self.folder / CHAIN).is_file():
            make(self.folder)
        return read(self.folder / CHAIN, self.folder / KEY)

    @property
    def authority(self) -> Path:
        """The workspace's own authority, which ``studio verify`` trusts; there may be none yet."""
        return self.folder / AUTHORITY


def read(certificate: Path, key: Path) -> Identity:
    """A chain and its key from PEM files; raises BadInput where they cannot be read or do not belong together."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    try:
        chain, secret = certificate.read_bytes(), key.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {error.filename}: {error.strerror}") from None
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
    except (ValueError, IndexError):
        raise BadInput(f"{certificate} holds no certificate in PEM") from None
    try:
        private = serialization.load_pem_private_key(secret, None)
    except (ValueError, TypeError):
        raise BadInput(f"{key} holds no unencrypted private key in PEM") from None
    if private.public_key() != leaf.public_key():
        raise BadInput(f"{key} is not the key of {certificate}")
    if leaf.not_valid_after_utc < datetime.datetime.now(datetime.UTC):
        raise BadInput(f"{certificate} expired on {leaf.not_valid_after_utc:%Y-%m-%d}")
    if isinstance(private, ec.EllipticCurvePrivateKey):
        algorithm = {256: "es256", 384: "es384", 521: "es512"}.get(private.curve.key_size, "")
    else:
        algorithm = "ed25519" if isinstance(private, ed25519.Ed25519PrivateKey) else "ps256"
    return Identity(chain, secret, algorithm)


def make(folder: Path) -> None:
    """Write a new authority, a leaf that it signed, and the leaf's key (for the owner's eyes alone) into ``folder``."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    above, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    names = _name("Studio workspace authority"), _name("Studio")
    authority = _builder(names[0], names[0], above, above, leaf=False).sign(above, hashes.SHA256())
    leaf = _builder(names[1], names[0], own, above, leaf=True).sign(above, hashes.SHA256())
    pem = [certificate.public_bytes(serialization.Encoding.PEM) for certificate in (leaf, authority)]
    secret = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".credentials-") as temporary:
        ready = Path(temporary) / "ready"
        ready.mkdir(mode=0o700)
        publish_bytes(ready / CHAIN, b"".join(pem))
        publish_bytes(ready / AUTHORITY, pem[1])
        with os.fdopen(os.open(ready / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        try:
            publish_path(ready, folder)
        except OSError:  # another process made one in between: that one counts
            if not (folder / CHAIN).is_file():
                raise


def _name(common: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    named = ((NameOID.ORGANIZATION_NAME, "Studio"), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in named])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    own: ec.EllipticCurvePrivateKey,
    above: ec.EllipticCurvePrivateKey,
    leaf: bool,
) -> x509.CertificateBuilder:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    now = datetime.datetime.now(datetime.UTC)
    usage = x509.KeyUsage(
        digital_signature=leaf, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=not leaf, crl_sign=not leaf, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # clocks differ
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(not leaf, None if leaf else 0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    if leaf:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key())
        made = made.add_extension(identifier, critical=False)
    return made
