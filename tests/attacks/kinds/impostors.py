"""Who signs: somebody with the same name, an expired or revoked key, nobody at all, a thief.

And the dishonest party: a true key, used with software that does more than seal.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sealsvc.documents.pdf import sealer, widget
from tests.attacks.craft import form_number
from tests.attacks.issuing import imitation, leaf_below
from tests.attacks.kinds.kind import (
    CONTRACT,
    INVOICE,
    MODIFIED,
    REFUSED,
    UNTRUSTED,
    Kind,
    Make,
)
from tests.attacks.world import World
from tests.builders import pdf
from tests.builders.pdf import Revision, stream
from tests.builders.x509 import DemoChain, make_signer
from tests.unit.documents.test_pdf_further_seal import MEDDLING, SECOND

ONE = (INVOICE,)


def forced(act: Callable[[pytest.MonkeyPatch], bytes]) -> bytes:
    """With a sealer that seals whatever it is given, as a dishonest party's own would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealer, "try_prepare", lambda *_: None)
        patch.setattr(sealer, "_refuse_unfit", lambda *_: None)
        patch.setattr(sealer, "_refuse_forbidden", lambda *_: None)
        patch.setattr(sealer, "harm_of_seal", lambda *_: None)
        return act(patch)


def picture_only(world: World, data: bytes) -> bytes:
    """The picture of the seal is drawn on the page; there is no signature."""
    step = Revision(pdf.plain())
    shape = step.new(
        stream(
            b"\xff\0\0" * 4,
            b"/Type /XObject /Subtype /Image /Width 2 /Height 2 /BitsPerComponent 8 "
            b"/ColorSpace /DeviceRGB",
        )
    )
    content = step.new(stream(b"q 113 0 0 85 400 40 cm /Seal Do Q"))
    step.replace_in(
        step.page,
        b"/Contents %d 0 R" % step.contents,
        b"/Contents [ %d 0 R %d 0 R ]" % (step.contents, content),
    )
    step.put(step.page, step.objects[step.page].replace(b"/Resources", b"/Old", 1))
    step.add_key(step.page, b"/Resources << /XObject << /Seal %d 0 R >> >>" % shape)
    return step.build()


def widget_only(world: World, data: bytes) -> bytes:
    """A signature field with an appearance and no value."""
    step = Revision(pdf.plain())
    shape = step.new(stream(b"1 0 0 rg 0 0 90 90 re f", b"/Type /XObject /Subtype /Form"))
    field = step.new(
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (Seal-1) /Rect [400 40 490 130] /F 132 "
        b"/AP << /N %d 0 R >> /P %d 0 R >>" % (shape, step.page)
    )
    step.add_key(step.page, b"/Annots [ %d 0 R ]" % field)
    form = step.new(b"<< /Fields [ %d 0 R ] /SigFlags 3 >>" % field)
    step.add_key(step.root, b"/AcroForm %d 0 R" % form)
    return step.build()


def namesake(world: World) -> DemoChain:
    """The real chain copied certificate by certificate, with keys of the forger's."""
    real = world.chain("contract-a")
    return replace(
        real,
        issuing_der=imitation(real.issuing_der, "fake-ca", "fake-root"),
        leaf_der=imitation(real.leaf_der, "fake-leaf", "fake-ca"),
        leaf_signer=make_signer("fake-leaf"),
    )


def self_signed(world: World) -> DemoChain:
    """The real leaf's copy, signed by its own new key, alone."""
    real = world.chain("contract-a")
    leaf_der = imitation(real.leaf_der, "fake-leaf", "fake-leaf")
    return replace(real, leaf_der=leaf_der, leaf_signer=make_signer("fake-leaf"))


def by_self_signed(world: World, data: bytes) -> bytes:
    return pdf.sealed(pdf.plain(), self_signed(world))


def by_namesake(world: World, data: bytes) -> bytes:
    """A plain document sealed by a certificate that names the real owner."""
    return pdf.sealed(pdf.plain(), namesake(world))


def further_by_namesake(world: World, data: bytes) -> bytes:
    """The forger adds his own perfect seal beside the honest one."""
    return forced(lambda _: pdf.sealed(data, namesake(world), placement=SECOND))


def own_leaf_under_honest_issuer(world: World, data: bytes) -> bytes:
    """The forger's leaf, with the honest issuing certificate embedded beside it."""
    real = world.chain("contract-a")
    return pdf.sealed(pdf.plain(), replace(namesake(world), issuing_der=real.issuing_der))


def seal_as_issuer(world: World, data: bytes) -> bytes:
    """A merchant's seal certificate issues another certificate."""
    real = world.chain("contract-b")
    leaf_der, signer = leaf_below(real.leaf_der, real.leaf_signer)
    chain = replace(real, leaf_der=leaf_der, leaf_signer=signer, issuing_der=real.leaf_der)
    return pdf.sealed(pdf.plain(), chain)


def resealed(world: World, data: bytes) -> bytes:
    """The honest signature is taken out of the form, the text changed, and sealed by a forger."""
    step = Revision(data)
    step.put(form_number(step), b"<< /Fields [] /SigFlags 3 >>")
    step.put(step.contents, stream(b"BT ET"))
    body = re.sub(rb"/Perms (\d+ 0 R|<<[^>]*>>)", b"", step.bodies[step.root])
    step.put(step.root, body)
    return forced(lambda _: pdf.sealed(step.build(), namesake(world)))


def resealed_by_party(world: World, data: bytes) -> bytes:
    """The same by the other party, whose seal is good: its own signature holds."""
    step = Revision(data)
    step.put(form_number(step), b"<< /Fields [] /SigFlags 3 >>")
    step.put(step.contents, stream(b"BT ET"))
    return forced(lambda _: pdf.sealed(step.build(), world.chain("contract-b")))


def changed_then_sealed(world: World, data: bytes) -> bytes:
    """The text is changed after the first seal, and the second party seals the result."""
    step = Revision(data)
    step.put(step.contents, stream(b"BT ET"))
    changed = step.build()
    return forced(lambda _: pdf.sealed(changed, world.chain("contract-b"), placement=SECOND))


def meddling(name: str) -> Make:
    """The second party's true seal, whose revision does something besides."""

    def make(world: World, data: bytes) -> bytes:
        def act(patch: pytest.MonkeyPatch) -> bytes:
            def add_field(writer: Any, field: Any) -> None:
                widget.add_field(writer, field)
                MEDDLING[name](writer, field)

            patch.setattr(sealer, "try_prepare", lambda *_: None)
            patch.setattr(sealer, "add_field", add_field)
            return pdf.sealed(data, world.chain("contract-b"), placement=SECOND)

        return forced(act)

    return make


def honest_second_on_certified(world: World, data: bytes) -> bytes:
    """A good further seal on an invoice whose certification permits no changes."""
    return forced(lambda _: pdf.sealed(data, world.chain("contract-b"), placement=SECOND))


def before_validity(world: World, data: bytes) -> bytes:
    """The claimed time lies before the certificate's beginning."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "SIGNED_AT", pdf.SIGNED_AT - timedelta(days=3650))
        return pdf.sealed(pdf.plain(), world.chain("contract-a"))


def in_future(world: World, data: bytes) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "SIGNED_AT", pdf.SIGNED_AT + timedelta(days=30))
        return pdf.sealed(pdf.plain(), world.chain("contract-a"))


def by_revoked(world: World, data: bytes) -> bytes:
    """The key of a seal that was revoked an hour before."""
    return pdf.sealed(pdf.plain(), world.revoked)


def another_picture(world: World, data: bytes) -> bytes:
    """A true key shows another picture than the one that is filed: never this seal's imprint."""
    return pdf.sealed(pdf.plain(), world.chain("contract-a"), png=pdf.solid())


def ca_key(world: World, data: bytes) -> bytes:
    """The embedded signer's certificate is the issuing CA's own."""
    real = world.chain("contract-a")
    return pdf.sealed(pdf.plain(), replace(real, leaf_der=real.issuing_der))


# fmt: off
KINDS = (
    Kind("impostor-picture", "a picture of a seal without a signature", picture_only,
         frozenset({"UNSIGNED"}), ONE),
    Kind("impostor-widget", "a signature field with a picture and no value", widget_only,
         frozenset({"UNSIGNED"}), ONE),
    Kind("impostor-namesake", "sealed by a certificate with the same names", by_namesake,
         UNTRUSTED, ONE),
    Kind("impostor-self-signed", "sealed by a copy of the certificate with another key",
         by_self_signed, UNTRUSTED, ONE),
    Kind("impostor-namesake-beside", "a namesake's seal beside the honest one",
         further_by_namesake, REFUSED),
    Kind("impostor-honest-issuer", "a forged leaf with the honest issuer embedded",
         own_leaf_under_honest_issuer, UNTRUSTED, ONE),
    Kind("impostor-seal-as-issuer", "a seal's certificate used as an issuer", seal_as_issuer,
         UNTRUSTED, ONE),
    Kind("impostor-ca-certificate", "the issuing CA's certificate as signer", ca_key,
         frozenset({"INVALID"}), ONE),
    Kind("impostor-resealed", "signature removed, text changed, sealed by a forger", resealed,
         MODIFIED),
    Kind("party-resealed", "signature removed, text changed, sealed by another party",
         resealed_by_party, MODIFIED, (CONTRACT,)),
    Kind("party-changed-then-sealed", "text changed before the second party's seal",
         changed_then_sealed, MODIFIED, (CONTRACT, INVOICE)),
    Kind("party-second-on-certified", "further seal where none is permitted",
         honest_second_on_certified, MODIFIED, (INVOICE,)),
    *(Kind(f"party-{name.replace(' ', '-').replace(',', '')}", f"second seal that brings: {name}",
           meddling(name), MODIFIED, (CONTRACT,)) for name in MEDDLING),
    Kind("party-before-validity", "claimed time before the certificate", before_validity,
         UNTRUSTED, ONE),
    Kind("party-future", "claimed time in the future", in_future, UNTRUSTED, ONE),
    Kind("party-revoked", "seal by a revoked key", by_revoked, UNTRUSTED, ONE),
    Kind("party-picture", "a true key with another picture", another_picture, UNTRUSTED, ONE),
)
# fmt: on
