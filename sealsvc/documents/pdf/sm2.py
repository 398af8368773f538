"""pyHanko's door to signature checking, widened by SM2; trust is not decided here."""

from asn1crypto import algos, keys
from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    DefaultSignatureValidator,
    SignatureValidationContext,
)

from ca.algorithms import check_sm2, concerns_sm2
from ca.errors import SignatureDoesNotMatch


class Sm2Validator(DefaultSignatureValidator):
    """SM2 through `ca.sm2` under the default user id, everything else as pyHanko does it.

    Serves signatures of documents, certificates, CRLs and OCSP answers alike.
    Source: GB/T 35276, GM/T 0009; GB/T 20518 (certificates).
    """

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        """Return when the signature verifies.

        Raises: InvalidSignature; what only says that nothing was checked: ValueError when a mere
        digest of what was signed is at hand (SM2 hashes the signer's key before the message),
        PublicKeyInvalid for a key in another form, CaUnavailable without a provider.
        """
        oid, spki_der = signature_algorithm["algorithm"].dotted, public_key_info.dump()
        if not concerns_sm2(oid, spki_der):
            super().validate_signature(
                signature, signed_data, public_key_info, signature_algorithm, context
            )
            return
        if context.prehashed:
            raise ValueError("SM2 cannot be checked over a digest")
        try:
            check_sm2(oid, spki_der, signature, signed_data)
        except SignatureDoesNotMatch as error:
            raise InvalidSignature(error.code) from error
