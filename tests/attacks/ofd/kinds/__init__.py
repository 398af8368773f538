"""All kinds of attack on packages, by family."""

from tests.attacks.ofd.kinds import content, listing, pdfs, thieves, values, zipped

KINDS = (
    *content.KINDS,
    *listing.KINDS,
    *zipped.KINDS,
    *values.KINDS,
    *thieves.KINDS,
    *pdfs.KINDS,
)
