"""URIs and names that the foreign report shapes share."""

import re

MAIN_INDICATION = "urn:etsi:019102:mainindication:"
SUB_INDICATION = "urn:etsi:019102:subindication:"
NO_SIGNATURE_FOUND = "urn:cef:dss:mainindication:noSignatureFound"

# Source: RFC 9231 section 2.1; XML Encryption 1.1 section 5.8.
DIGEST_URIS = {
    "md5": "http://www.w3.org/2001/04/xmldsig-more#md5",
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
    "sha224": "http://www.w3.org/2001/04/xmldsig-more#sha224",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
    "sha3256": "http://www.w3.org/2007/05/xmldsig-more#sha3-256",
    "sha3384": "http://www.w3.org/2007/05/xmldsig-more#sha3-384",
    "sha3512": "http://www.w3.org/2007/05/xmldsig-more#sha3-512",
}
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_PSS = "http://www.w3.org/2007/05/xmldsig-more#"
_EDWARDS = "http://www.w3.org/2021/04/xmldsig-more#eddsa-"

# Source: RFC 9231 section 2.3. The OIDs that leave the digest open take it from beside them.
_METHODS = {
    "1.2.840.10045.4.3.2": _MORE + "ecdsa-sha256",
    "1.2.840.10045.4.3.3": _MORE + "ecdsa-sha384",
    "1.2.840.10045.4.3.4": _MORE + "ecdsa-sha512",
    "1.2.840.10045.4.1": _MORE + "ecdsa-sha1",
    "1.2.840.113549.1.1.5": "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
    "1.2.840.113549.1.1.14": _MORE + "rsa-sha224",
    "1.2.840.113549.1.1.11": _MORE + "rsa-sha256",
    "1.2.840.113549.1.1.12": _MORE + "rsa-sha384",
    "1.2.840.113549.1.1.13": _MORE + "rsa-sha512",
    "1.3.101.112": _EDWARDS + "ed25519",
    "1.3.101.113": _EDWARDS + "ed448",
}
_OPEN_METHODS = {
    "1.2.840.113549.1.1.1": _MORE + "rsa-{digest}",
    "1.2.840.113549.1.1.10": _PSS + "{digest}-rsa-MGF1",
    "1.2.840.10045.2.1": _MORE + "ecdsa-{digest}",
}
_SHA2 = frozenset({"sha224", "sha256", "sha384", "sha512"})


def digest_key(name: str | None) -> str:
    """`SHA-256`, `sha256`, `sha3_256` … in the one spelling of `DIGEST_URIS`."""
    return re.sub(r"[^a-z0-9]", "", (name or "").lower())


def digest_uri(name: str | None) -> str | None:
    """The URI of a digest algorithm; None where XML Signature has no name for it."""
    return DIGEST_URIS.get(digest_key(name))


def signature_method(oid: str | None, digest: str | None) -> str:
    """The URI of a signature algorithm; `urn:oid:` where there is no other, empty without one."""
    if not oid:
        return ""
    name = digest_key(digest)
    if oid in _OPEN_METHODS and name in _SHA2:
        return _OPEN_METHODS[oid].format(digest=name)
    return _METHODS.get(oid, f"urn:oid:{oid}")


def main_indication(word: str) -> str:
    """The URI of `TOTAL_PASSED`, `PASSED`, `INDETERMINATE`, … (api-conventions section 1.1)."""
    if word == "NO_SIGNATURE_FOUND":
        return NO_SIGNATURE_FOUND
    return MAIN_INDICATION + word.lower().replace("_", "-")


def sub_indication(word: str) -> str:
    """The URI of a sub-indication (api-conventions section 1.2)."""
    return SUB_INDICATION + word
