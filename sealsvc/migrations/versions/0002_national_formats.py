"""national formats

Revision: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contract_template",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_uscc", sa.String(length=18), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("fact_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_contract_template")),
    )
    with op.batch_alter_table("contract_template", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_template_owner_uscc"), ["owner_uscc"], unique=False
        )

    op.create_table(
        "invoice_identity",
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("holder_uscc", sa.String(length=18), nullable=True),
        sa.PrimaryKeyConstraint("mac", name=op.f("pk_invoice_identity")),
    )
    op.create_table(
        "transaction_report",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("summary", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fact_id", sa.String(length=40), nullable=True),
        sa.Column("deal_sha256", sa.String(length=64), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transaction_report")),
    )
    with op.batch_alter_table("transaction_report", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_transaction_report_created_at"), ["created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_transaction_report_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "contract",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("status_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("initiator_uscc", sa.String(length=18), nullable=False),
        sa.Column("order", sa.String(length=8), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("original_sha256", sa.String(length=64), nullable=False),
        sa.Column("current_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("template_id", sa.String(length=40), nullable=True),
        sa.Column("template_version", sa.Integer(), nullable=True),
        sa.Column("clause_data", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("supersedes", sa.String(length=40), nullable=True),
        sa.Column("succession", sa.String(length=12), nullable=True),
        sa.Column("superseded_by", sa.String(length=40), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending_action", sa.String(length=12), nullable=True),
        sa.Column("pending_by_uscc", sa.String(length=18), nullable=True),
        sa.Column("pending_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["initiator_uscc"], ["entity.uscc"], name=op.f("fk_contract_initiator_uscc_entity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
    )
    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_current_sha256"), ["current_sha256"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_contract_deadline"), ["deadline"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_contract_initiator_uscc"), ["initiator_uscc"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_contract_status"), ["status"], unique=False)

    op.create_table(
        "invoice",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("entity_uscc", sa.String(length=18), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("sound", sa.Boolean(), nullable=False),
        sa.Column("red", sa.Boolean(), nullable=False),
        sa.Column("gross", sa.String(length=60), nullable=True),
        sa.Column("seller_uscc", sa.String(length=18), nullable=True),
        sa.Column("buyer_uscc", sa.String(length=18), nullable=True),
        sa.Column("identity_mac", sa.String(length=64), nullable=True),
        sa.Column("verification_id", sa.String(length=40), nullable=True),
        sa.Column("summary", sa.String(length=16), nullable=True),
        sa.Column("proof", sa.String(length=8), nullable=True),
        sa.Column("lookup", sa.JSON(), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fact_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_mac"],
            ["invoice_identity.mac"],
            name=op.f("fk_invoice_identity_mac_invoice_identity"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("entity_uscc", "document_sha256", name=op.f("uq_invoice_entity_uscc")),
    )
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invoice_document_sha256"), ["document_sha256"], unique=False
        )
        batch_op.create_index("ix_invoice_entity_id", ["entity_uscc", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_identity_mac"), ["identity_mac"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_taken_at"), ["taken_at"], unique=False)

    op.create_table(
        "permit",
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("permit_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("issuer", sa.String(length=120), nullable=False),
        sa.Column("scope", sa.String(length=1000), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.String(length=40), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdraw_reason", sa.String(length=300), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["uscc"], ["entity.uscc"], name=op.f("fk_permit_uscc_entity")),
        sa.PrimaryKeyConstraint("uscc", "permit_id", name=op.f("pk_permit")),
    )
    op.create_table(
        "attestation",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("operator_uscc", sa.String(length=18), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("live_key", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("envelope", sa.JSON(), nullable=True),
        sa.Column("seal_id", sa.String(length=40), nullable=False),
        sa.Column("cert_serial", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("intended_fact_id", sa.String(length=40), nullable=True),
        sa.Column("issued_fact_id", sa.String(length=40), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdraw_reason", sa.String(length=300), nullable=True),
        sa.Column("withdrawn_fact_id", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_attestation_seal_id_seal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestation")),
        sa.UniqueConstraint("live_key", name=op.f("uq_attestation_live_key")),
    )
    with op.batch_alter_table("attestation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attestation_created_at"), ["created_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_attestation_operator_uscc"), ["operator_uscc"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_attestation_status"), ["status"], unique=False)

    op.create_table(
        "contract_event",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("contract_id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=63), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fact_id", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_event_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_contract_event")),
    )
    with op.batch_alter_table("contract_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_event_contract_id"), ["contract_id"], unique=False
        )

    op.create_table(
        "contract_evidence",
        sa.Column("contract_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fact_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_evidence_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("contract_id", "version", name=op.f("pk_contract_evidence")),
    )
    op.create_table(
        "contract_party",
        sa.Column("contract_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("x_mm", sa.Float(), nullable=True),
        sa.Column("y_mm", sa.Float(), nullable=True),
        sa.Column("width_mm", sa.Float(), nullable=True),
        sa.Column("keyword", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_party_contract_id_contract")
        ),
        sa.ForeignKeyConstraint(
            ["uscc"], ["entity.uscc"], name=op.f("fk_contract_party_uscc_entity")
        ),
        sa.PrimaryKeyConstraint("contract_id", "position", name=op.f("pk_contract_party")),
    )
    with op.batch_alter_table("contract_party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contract_party_uscc"), ["uscc"], unique=False)

    op.create_table(
        "contract_slot",
        sa.Column("contract_id", sa.String(length=40), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("intent_fact_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_slot_contract_id_contract")
        ),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_contract_slot")),
    )
    op.create_table(
        "invoice_booking",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("invoice_id", sa.String(length=40), nullable=False),
        sa.Column("entity_uscc", sa.String(length=18), nullable=False),
        sa.Column("identity_mac", sa.String(length=64), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("voucher", sa.String(length=200), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("basis", sa.String(length=12), nullable=False),
        sa.Column("original_sha256", sa.String(length=64), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("fact_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_booking_invoice_id_invoice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_booking")),
        sa.UniqueConstraint(
            "entity_uscc", "identity_mac", name=op.f("uq_invoice_booking_entity_uscc")
        ),
    )
    with op.batch_alter_table("invoice_booking", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invoice_booking_identity_mac"), ["identity_mac"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_booking_invoice_id"), ["invoice_id"], unique=False
        )

    op.create_table(
        "invoice_claim",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("invoice_id", sa.String(length=40), nullable=False),
        sa.Column("entity_uscc", sa.String(length=18), nullable=False),
        sa.Column("identity_mac", sa.String(length=64), nullable=False),
        sa.Column("held_mac", sa.String(length=64), nullable=True),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("fact_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_claim_invoice_id_invoice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_claim")),
        sa.UniqueConstraint("held_mac", "purpose", name=op.f("uq_invoice_claim_held_mac")),
    )
    with op.batch_alter_table("invoice_claim", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invoice_claim_identity_mac"), ["identity_mac"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_claim_invoice_id"), ["invoice_id"], unique=False
        )

    op.create_table(
        "invoice_red_letter",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("invoice_id", sa.String(length=40), nullable=False),
        sa.Column("identity_mac", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("seller_uscc", sa.String(length=18), nullable=False),
        sa.Column("buyer_uscc", sa.String(length=18), nullable=False),
        sa.Column("entered_by", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("fact_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_red_letter_invoice_id_invoice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_red_letter")),
    )
    with op.batch_alter_table("invoice_red_letter", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invoice_red_letter_buyer_uscc"), ["buyer_uscc"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_red_letter_identity_mac"), ["identity_mac"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_red_letter_invoice_id"), ["invoice_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_invoice_red_letter_seller_uscc"), ["seller_uscc"], unique=False
        )
        batch_op.create_index(
            "ix_invoice_red_letter_state_entered", ["state", "entered_at"], unique=False
        )

    op.create_table(
        "seal_credential",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("seal_id", sa.String(length=40), nullable=False),
        sa.Column("suite", sa.String(length=40), nullable=False),
        sa.Column("key_ref", sa.String(length=80), nullable=False),
        sa.Column("cert_serial", sa.String(length=40), nullable=False),
        sa.Column("eseal_sha256", sa.String(length=64), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["seal_id"], ["seal.id"], name=op.f("fk_seal_credential_seal_id_seal")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_seal_credential")),
    )
    with op.batch_alter_table("seal_credential", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_seal_credential_cert_serial"), ["cert_serial"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_seal_credential_eseal_sha256"), ["eseal_sha256"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_seal_credential_seal_id"), ["seal_id"], unique=False)

    op.create_table(
        "sealing_batch",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("key_sha256", sa.String(length=64), nullable=False),
        sa.Column("seal_id", sa.String(length=40), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["seal_id"], ["seal.id"], name=op.f("fk_sealing_batch_seal_id_seal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_batch")),
        sa.UniqueConstraint("client_id", "key_sha256", name=op.f("uq_sealing_batch_client_id")),
    )
    op.create_table(
        "contract_sealing",
        sa.Column("contract_id", sa.String(length=40), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("client_name", sa.String(length=80), nullable=False),
        sa.Column("seal_id", sa.String(length=40), nullable=False),
        sa.Column("seal_name", sa.String(length=80), nullable=False),
        sa.Column("seal_type", sa.String(length=24), nullable=False),
        sa.Column("seal_status", sa.String(length=12), nullable=False),
        sa.Column("cert_serial", sa.String(length=40), nullable=False),
        sa.Column("sealing_id", sa.String(length=40), nullable=False),
        sa.Column("digest_before", sa.String(length=64), nullable=False),
        sa.Column("digest_after", sa.String(length=64), nullable=False),
        sa.Column("signature_sha256", sa.String(length=64), nullable=False),
        sa.Column("intended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("intent_fact_id", sa.String(length=40), nullable=False),
        sa.Column("fact_id", sa.String(length=40), nullable=False),
        sa.Column("sealing_fact_id", sa.String(length=40), nullable=False),
        sa.Column("statement", sa.String(length=500), nullable=True),
        sa.Column("statement_version", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contract.id"], name=op.f("fk_contract_sealing_contract_id_contract")
        ),
        sa.ForeignKeyConstraint(
            ["sealing_id"], ["seal_use.id"], name=op.f("fk_contract_sealing_sealing_id_seal_use")
        ),
        sa.PrimaryKeyConstraint("contract_id", "step", name=op.f("pk_contract_sealing")),
        sa.UniqueConstraint("sealing_id", name=op.f("uq_contract_sealing_sealing_id")),
    )
    op.create_table(
        "sealing_batch_item",
        sa.Column("batch_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("original_sha256", sa.String(length=64), nullable=False),
        sa.Column("sealing_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["sealing_batch.id"],
            name=op.f("fk_sealing_batch_item_batch_id_sealing_batch"),
        ),
        sa.ForeignKeyConstraint(
            ["sealing_id"], ["seal_use.id"], name=op.f("fk_sealing_batch_item_sealing_id_seal_use")
        ),
        sa.PrimaryKeyConstraint("batch_id", "name", name=op.f("pk_sealing_batch_item")),
    )
    with op.batch_alter_table("entity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealing_suite", sa.String(length=40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("entity", schema=None) as batch_op:
        batch_op.drop_column("sealing_suite")

    op.drop_table("sealing_batch_item")
    op.drop_table("contract_sealing")
    op.drop_table("sealing_batch")
    with op.batch_alter_table("seal_credential", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seal_credential_seal_id"))
        batch_op.drop_index(batch_op.f("ix_seal_credential_eseal_sha256"))
        batch_op.drop_index(batch_op.f("ix_seal_credential_cert_serial"))

    op.drop_table("seal_credential")
    with op.batch_alter_table("invoice_red_letter", schema=None) as batch_op:
        batch_op.drop_index("ix_invoice_red_letter_state_entered")
        batch_op.drop_index(batch_op.f("ix_invoice_red_letter_seller_uscc"))
        batch_op.drop_index(batch_op.f("ix_invoice_red_letter_invoice_id"))
        batch_op.drop_index(batch_op.f("ix_invoice_red_letter_identity_mac"))
        batch_op.drop_index(batch_op.f("ix_invoice_red_letter_buyer_uscc"))

    op.drop_table("invoice_red_letter")
    with op.batch_alter_table("invoice_claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_claim_invoice_id"))
        batch_op.drop_index(batch_op.f("ix_invoice_claim_identity_mac"))

    op.drop_table("invoice_claim")
    with op.batch_alter_table("invoice_booking", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_booking_invoice_id"))
        batch_op.drop_index(batch_op.f("ix_invoice_booking_identity_mac"))

    op.drop_table("invoice_booking")
    op.drop_table("contract_slot")
    with op.batch_alter_table("contract_party", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_party_uscc"))

    op.drop_table("contract_party")
    op.drop_table("contract_evidence")
    with op.batch_alter_table("contract_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_event_contract_id"))

    op.drop_table("contract_event")
    with op.batch_alter_table("attestation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attestation_status"))
        batch_op.drop_index(batch_op.f("ix_attestation_operator_uscc"))
        batch_op.drop_index(batch_op.f("ix_attestation_created_at"))

    op.drop_table("attestation")
    op.drop_table("permit")
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_taken_at"))
        batch_op.drop_index(batch_op.f("ix_invoice_state"))
        batch_op.drop_index(batch_op.f("ix_invoice_identity_mac"))
        batch_op.drop_index("ix_invoice_entity_id")
        batch_op.drop_index(batch_op.f("ix_invoice_document_sha256"))

    op.drop_table("invoice")
    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_status"))
        batch_op.drop_index(batch_op.f("ix_contract_initiator_uscc"))
        batch_op.drop_index(batch_op.f("ix_contract_deadline"))
        batch_op.drop_index(batch_op.f("ix_contract_current_sha256"))

    op.drop_table("contract")
    with op.batch_alter_table("transaction_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transaction_report_expires_at"))
        batch_op.drop_index(batch_op.f("ix_transaction_report_created_at"))

    op.drop_table("transaction_report")
    op.drop_table("invoice_identity")
    with op.batch_alter_table("contract_template", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_template_owner_uscc"))

    op.drop_table("contract_template")
