"""Certificates for tests, made for the occasion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme


@dataclass(frozen=True)
class Papers:
    """Files of one authority and what it has signed."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def cert(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def both(self, name: str) -> Path:
        """Certificate and key in one file."""
        return self.folder / f"{name}-both.pem"


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """`here` is for this machine, `elsewhere` for another, `old` and `young` for another time, `ann` for a client."""
    papers, now, day = Papers(tmp_path_factory.mktemp("tls")), datetime.now(UTC), timedelta(days=1)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(papers.ca)
    for name, identity, begins, ends in (
        ("here", "127.0.0.1", None, None),
        ("elsewhere", "elsewhere.example", None, None),
        ("old", "127.0.0.1", now - 2 * day, now - day),
        ("young", "127.0.0.1", now + day, now + 2 * day),
        ("ann", "ann@example.org", None, None),
    ):
        issued = authority.issue_cert(identity, not_before=begins, not_after=ends)
        issued.cert_chain_pems[0].write_to_path(papers.cert(name))
        issued.private_key_pem.write_to_path(papers.key(name))
        issued.private_key_and_cert_chain_pem.write_to_path(papers.both(name))
    stranger = trustme.CA()
    stranger.cert_pem.write_to_path(papers.folder / "stranger.pem")
    stranger.issue_cert("eve@example.org").private_key_and_cert_chain_pem.write_to_path(papers.both("eve"))
    return papers
