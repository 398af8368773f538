"""Is the picture in the document the registered imprint?"""

from sealsvc.verify.case import Case
from sealsvc.verify.findings import Finding, noticed
from sealsvc.verify.messages import Weight


def imprint_match(case: Case) -> bool | None:
    """Whether the pictures are the same pixels; None where there is nothing to compare."""
    picture, seal = case.reading.picture, case.seal
    if picture is None or seal is None or seal.imprint_rgba_sha256 is None:
        return None
    return picture.rgba_sha256 == seal.imprint_rgba_sha256


def check(case: Case) -> tuple[Finding, ...]:
    """Compare the two pictures where both are known; an invisible seal has none.

    With a certificate of ours the mismatch fails the seal's authority: our sealing embeds the
    registered imprint, so another picture under our certificate shows a seal that was not used.
    Other makers' software may scale or recompress, so there it is a warning.
    Source: china-domain section 3.3.
    """
    if case.seal is None:
        return ()
    ours = case.signature.issued_by_us is not None
    if any(problem.code == "PICTURE_UNREADABLE" for problem in case.reading.problems):
        # Under our certificate an unreadable picture could be any picture.
        weight = Weight.DOUBT if ours else Weight.OMITTED
        return (noticed("IMPRINT_UNREADABLE", case.id, weight=weight),)
    if case.reading.picture is None:
        return ()
    match = imprint_match(case)
    if match is None:
        return (noticed("IMPRINT_NOT_REGISTERED", case.id),)
    weight = Weight.FAILS if ours else Weight.NOTICE
    return () if match else (noticed("IMPRINT_MISMATCH", case.id, weight=weight),)
