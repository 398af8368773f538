"""HTTP shapes of `/pki/`."""

from pydantic import Field

from api.schemas.common import ResponseModel, UtcTime
from sealsvc.areas.certs.model import PkiObject


class PkiIssuerOut(ResponseModel):
    """证书机构 · One CA of ours and where its certificate and CRL are."""

    label: str
    root: bool
    serial: str = Field(description="Of its certificate, lower-case hex.")
    certificate: str
    crl: str
    crl_number: int | None
    this_update: UtcTime | None
    next_update: UtcTime | None

    @classmethod
    def of(cls, found: PkiObject) -> "PkiIssuerOut":
        """From the domain's value."""
        return cls(
            label=found.label,
            root=found.rank == 0,
            serial=found.serial_hex,
            certificate=f"/pki/{found.label}.cer",
            crl=f"/pki/{found.label}.crl",
            crl_number=found.crl_number,
            this_update=found.crl_this_update,
            next_update=found.crl_next_update,
        )


class PkiOut(ResponseModel):
    """证书体系 · All our CAs, the root first."""

    issuers: list[PkiIssuerOut]
    root: str = Field("/pki/root.pem", description="The trust anchor as PEM.")
