"""What do the gathered lists and answers say of one certificate? Asked, not judged, here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import crl, x509
from pyhanko_certvalidator.errors import (
    CRLValidationError,
    CRLValidationIndeterminateError,
    OCSPValidationError,
    OCSPValidationIndeterminateError,
    RevokedError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.revinfo.validate_crl import verify_crl
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

from sealsvc.verify.case import Gap, Revocation, Status, StatusSource
from sealsvc.verify.checks.material import Material, finish, this_update
from sealsvc.verify.evidence import SigningTime

MAX_PAST_MOMENTS = 4


@dataclass(frozen=True)
class StatusAsker:
    """Asks about the certificates of one path. max_age_s: oldest list that counts, in seconds.

    Besides the present, instants after a proven signing time are tried: a list that was fresh then
    says that the certificate was not revoked when the seal was made. Source: EN 319 102-1 5.6.2.2.
    """

    material: Material
    path: ValidationPath
    validation_time: datetime
    time: SigningTime
    max_age_s: int

    def status(self, certificate: x509.Certificate) -> Revocation:
        """The certificate's status; a revocation found at any of the instants wins."""
        answers = [self._at(moment, certificate) for moment in self._moments(certificate)]
        for wanted in (Status.REVOKED, Status.GOOD):
            for answer in answers:
                if answer.status is wanted:
                    return answer
        return answers[0]

    def _moments(self, certificate: x509.Certificate) -> list[datetime]:
        """The validation time and, with a proven signing time, the lists published since."""
        moments = [self.validation_time]
        if self.time.proven and self.time.at is not None:
            until = min(self.validation_time, certificate.not_valid_after)
            issued = {this_update(item) for item in self.material.crls}
            moments += sorted(at for at in issued if self.time.at <= at <= until)
        return moments[: 1 + MAX_PAST_MOMENTS]

    def _at(self, moment: datetime, certificate: x509.Certificate) -> Revocation:
        """The lists first, then OCSP; a list too old or too late may revoke but not clear."""
        found = self._by_lists(moment, certificate, self.material.crls)
        counting = [item for item in self.material.crls if self._counts(item, certificate)]
        if found.status is Status.GOOD and len(counting) < len(self.material.crls):
            cleared = self._by_lists(moment, certificate, counting)
            gap = self._gap(certificate) if cleared.gap is Gap.MISSING else cleared.gap
            found = cleared if cleared.status is Status.GOOD else Revocation.unknown(gap)
        if found.status is Status.UNKNOWN and self.material.ocsps:
            return self._by_ocsp(moment, certificate, found.gap)
        return found

    def _by_lists(
        self,
        moment: datetime,
        certificate: x509.Certificate,
        lists: list[crl.CertificateList] | tuple[crl.CertificateList, ...],
    ) -> Revocation:
        try:
            finish(verify_crl(certificate, self.path, self.material.context(moment, lists)))
        except RevokedError as error:
            since = self._invalid_since(certificate, error.revocation_dt)
            return Revocation(Status.REVOKED, StatusSource.CRL, since)
        except CRLValidationIndeterminateError as error:
            stale = error.suspect_stale is not None
            return Revocation.unknown(Gap.STALE if stale else Gap.MISSING)
        except CRLValidationError:
            return Revocation.unknown(Gap.MISSING)
        return Revocation(Status.GOOD, StatusSource.CRL)

    def _by_ocsp(
        self, moment: datetime, certificate: x509.Certificate, gap: Gap | None
    ) -> Revocation:
        try:
            finish(verify_ocsp_response(certificate, self.path, self.material.context(moment)))
        except RevokedError as error:
            return Revocation(Status.REVOKED, StatusSource.OCSP, error.revocation_dt)
        except OCSPValidationIndeterminateError as error:
            stale = error.suspect_stale is not None
            return Revocation.unknown(Gap.STALE if stale else gap)
        except OCSPValidationError:
            return Revocation.unknown(gap)
        return Revocation(Status.GOOD, StatusSource.OCSP)

    def _invalid_since(self, certificate: x509.Certificate, revoked_at: datetime) -> datetime:
        """When the key was lost, if an entry dates that before the revocation (rule R04).

        Source: RFC 5280 section 5.3.2 (invalidityDate).
        """
        since = [revoked_at]
        for item in self.material.crls:
            if item.issuer == certificate.issuer:
                for entry in item["tbs_cert_list"]["revoked_certificates"] or ():
                    if entry["user_certificate"].native == certificate.serial_number:
                        lost = entry.invalidity_date_value
                        since += [] if lost is None else [lost.native]
        return min(since)

    def _counts(self, item: crl.CertificateList, certificate: x509.Certificate) -> bool:
        """Young enough, and from before the certificate's end.

        A list issued after notAfter may have dropped the entry. Source: RFC 5280 section 3.3.
        """
        oldest = self.validation_time - timedelta(seconds=self.max_age_s)
        if self.time.proven and self.time.at is not None:
            oldest = min(oldest, self.time.at)
        return bool(oldest <= this_update(item) <= certificate.not_valid_after)

    def _gap(self, certificate: x509.Certificate) -> Gap:
        """Why a list that clears the certificate does not count: too late, else too old."""
        issued = [this_update(item) for item in self.material.crls]
        late = any(at > certificate.not_valid_after for at in issued)
        return Gap.LATE if late else Gap.STALE
