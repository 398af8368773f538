"""What do the gathered lists and answers say of one certificate? Asked, not judged, here.

Lists and answers issued after the validation time are used: they name dates of revocation, so they
say more about that time, not less, and clause 5.2.5 bounds their age from below only. What proves
existence is another matter: a time-stamp from after the validation time proves nothing then.
Source: EN 319 102-1 clauses 5.2.5, 5.2.6 and 5.6.2.2; RFC 5280 section 6.3; RFC 6960 section 3.2.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import crl, ocsp, x509
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
from sealsvc.verify.checks.material import Material, finish, signature_algorithm, this_update
from sealsvc.verify.evidence import SigningTime
from sealsvc.verify.policy import Policy, digest_name

MAX_PAST_MOMENTS = 4
# The reason that helps most comes first; MISSING explains nothing.
_GAPS = (Gap.SIGNER_EXPIRED, Gap.WEAK, Gap.LATE, Gap.STALE)


@dataclass(frozen=True)
class StatusAsker:
    """Asks about the certificates of one path. max_age_s: oldest information that counts, seconds.

    Besides the present, instants after a proven signing time are tried: a list that was fresh then
    says that the certificate was not revoked when the seal was made. Source: EN 319 102-1 5.6.2.2.
    """

    material: Material
    path: ValidationPath
    validation_time: datetime
    time: SigningTime
    policy: Policy
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
        """The validation time and, with a proven signing time, the issues published since."""
        moments = [self.validation_time]
        if self.time.proven and self.time.at is not None:
            until = min(self.validation_time, certificate.not_valid_after)
            issued = {this_update(item) for item in (*self.material.crls, *self.material.ocsps)}
            moments += sorted(at for at in issued if self.time.at <= at <= until)
        return moments[: 1 + MAX_PAST_MOMENTS]

    def _at(self, moment: datetime, certificate: x509.Certificate) -> Revocation:
        """Lists and answers together: a revocation in either wins, a good word of either clears."""
        by_list = self._by_lists(moment, certificate)
        if by_list.status is Status.REVOKED or not self.material.ocsps:
            return by_list
        by_answer = self._by_answers(moment, certificate)
        if by_answer.status is Status.REVOKED or by_list.status is Status.UNKNOWN:
            return _clearest(by_answer, by_list)
        return by_list

    def _by_lists(self, moment: datetime, certificate: x509.Certificate) -> Revocation:
        """A list too old, too late or too weakly signed may revoke but not clear."""
        lists = self.material.crls
        found = self._ask_lists(moment, certificate, lists)
        counting = tuple(item for item in lists if self._gap(item, certificate) is None)
        if found.status is not Status.GOOD or len(counting) == len(lists):
            return found
        cleared = self._ask_lists(moment, certificate, counting)
        if cleared.status is Status.GOOD:
            return cleared
        gaps = {self._gap(item, certificate) for item in lists}
        return _clearest(cleared, *(Revocation.unknown(gap) for gap in gaps if gap is not None))

    def _ask_lists(
        self,
        moment: datetime,
        certificate: x509.Certificate,
        lists: tuple[crl.CertificateList, ...],
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

    def _by_answers(self, moment: datetime, certificate: x509.Certificate) -> Revocation:
        """Each answer on its own: certvalidator would stop at the first that is good."""
        about = [item for item in self.material.ocsps if _about(item, certificate)]
        return _clearest(*(self._by_answer(moment, certificate, item) for item in about))

    def _by_answer(
        self, moment: datetime, certificate: x509.Certificate, item: ocsp.OCSPResponse
    ) -> Revocation:
        """Asked as of the moment, then as of the answer's own time, when its maker was valid."""
        found, then = self._ask_answer(moment, certificate, item), this_update(item)
        if found.status is Status.UNKNOWN and found.gap is not Gap.STALE:
            found = self._ask_answer(then, certificate, item)
            if found.status is Status.GOOD and then <= moment:
                return Revocation.unknown(Gap.SIGNER_EXPIRED)
        at = found.revoked_at
        if found.status is Status.REVOKED and at is not None and at > self.validation_time:
            found = Revocation(Status.GOOD, StatusSource.OCSP)
        gap = self._gap(item, certificate) if found.status is Status.GOOD else None
        return found if gap is None else Revocation.unknown(gap)

    def _ask_answer(
        self, moment: datetime, certificate: x509.Certificate, item: ocsp.OCSPResponse
    ) -> Revocation:
        context = self.material.context(moment, ocsps=(item,))
        try:
            finish(verify_ocsp_response(certificate, self.path, context))
        except RevokedError as error:
            return Revocation(Status.REVOKED, StatusSource.OCSP, error.revocation_dt)
        except OCSPValidationIndeterminateError as error:
            stale = error.suspect_stale is not None
            return Revocation.unknown(Gap.STALE if stale else Gap.MISSING)
        except OCSPValidationError:
            return Revocation.unknown(Gap.MISSING)
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

    def _gap(self, item: Any, certificate: x509.Certificate) -> Gap | None:
        """Why this list or answer cannot clear the certificate; None when it can.

        What is issued after notAfter may have dropped the entry. Source: RFC 5280 section 3.3.
        """
        at = this_update(item)
        if at > certificate.not_valid_after:
            return Gap.LATE
        if at < self._oldest(certificate):
            return Gap.STALE
        oid, digest = signature_algorithm(item)
        rule = self.policy.signature_rule(oid)
        named = (rule.digest if rule is not None else None) or digest_name(digest or "")
        if rule is None or self.policy.digest_rule(named) is None:
            return Gap.WEAK
        return None

    def _oldest(self, certificate: x509.Certificate) -> datetime:
        oldest = self.validation_time - timedelta(seconds=self.max_age_s)
        ended = certificate.not_valid_after < self.validation_time
        looks_back = self.policy.status_since_signing_suffices or ended
        if looks_back and self.time.proven and self.time.at is not None:
            return min(oldest, self.time.at)
        return oldest


def _about(item: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    (single,) = item.response_data["responses"]
    return bool(single["cert_id"]["serial_number"].native == certificate.serial_number)


def _clearest(*found: Revocation) -> Revocation:
    """A revocation, else a good word, else the gap that explains most."""
    for status in (Status.REVOKED, Status.GOOD):
        for item in found:
            if item.status is status:
                return item
    gaps = {item.gap for item in found}
    return Revocation.unknown(next((gap for gap in _GAPS if gap in gaps), Gap.MISSING))
