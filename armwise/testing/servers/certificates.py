"""Certificates for a TLS server on 127.0.0.1, made when a test needs them."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files of one authority and of one server that it vouches for.

    Args:
        authority: Certificate of the authority, in PEM.
        certificate: Certificate of the server.
        key: Private key of the server.
    """

    authority: Path
    certificate: Path
    key: Path


def make_certificates(directory: Path) -> Certificates:
    """Make certificates for 127.0.0.1 and localhost that are good for a day.

    Args:
        directory: Where the files go.

    Raises:
        FileNotFoundError: If the program ``openssl`` is missing.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        raise FileNotFoundError("TLS is tested with certificates made by `openssl`: install it.")

    def run(*words: str) -> None:
        subprocess.run([openssl, *words], cwd=directory, check=True, capture_output=True)  # noqa: S603 - constant words

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test CA")
    run("req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    names = directory / "names"
    names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    run(
        *("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
        *("-CAcreateserial", "-days", "1", "-extfile", str(names), "-out", "server.pem"),
    )
    return Certificates(directory / "ca.pem", directory / "server.pem", directory / "server.key")
