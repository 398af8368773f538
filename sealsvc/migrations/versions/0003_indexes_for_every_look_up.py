"""indexes for every look-up

Revision: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _type_collation(collation: str) -> None:
    """How PostgreSQL compares types of facts; SQLite compares bytes anyway."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f'ALTER TABLE fact_subject ALTER COLUMN type TYPE varchar(64) COLLATE "{collation}"'
        )


def upgrade() -> None:
    _type_collation("C")
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificate_issuer_label"))
        batch_op.drop_index(batch_op.f("ix_certificate_seal_id"))
        batch_op.drop_index(batch_op.f("ix_certificate_status"))
        batch_op.create_index(
            "ix_certificate_issuer_status", ["issuer_label", "status", "serial_hex"], unique=False
        )
        batch_op.create_index(
            "ix_certificate_profile_status", ["profile", "status", "intended_at"], unique=False
        )
        batch_op.create_index(
            "ix_certificate_seal_status", ["seal_id", "status", "intended_at"], unique=False
        )
        batch_op.create_index(
            "ix_certificate_status_intended", ["status", "intended_at"], unique=False
        )

    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_status"))
        batch_op.create_index("ix_contract_number_id", ["number", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_contract_original_sha256"), ["original_sha256"], unique=False
        )
        batch_op.create_index("ix_contract_status_id", ["status", "id"], unique=False)

    with op.batch_alter_table("contract_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contract_event_digest"), ["digest"], unique=False)

    with op.batch_alter_table("contract_evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contract_evidence_sha256"), ["sha256"], unique=False)

    with op.batch_alter_table("contract_sealing", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_sealing_digest_after"), ["digest_after"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_contract_sealing_digest_before"), ["digest_before"], unique=False
        )

    with op.batch_alter_table("contract_slot", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_contract_slot_document_sha256"), ["document_sha256"], unique=False
        )

    with op.batch_alter_table("entity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_entity_status"), ["status"], unique=False)

    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_idempotency_body_sha256"), ["body_sha256"], unique=False
        )

    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_state"))
        batch_op.create_index("ix_invoice_state_id", ["state", "id"], unique=False)

    with op.batch_alter_table("invoice_booking", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invoice_booking_original_sha256"), ["original_sha256"], unique=False
        )

    with op.batch_alter_table("seal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seal_owner_uscc"))
        batch_op.drop_index(batch_op.f("ix_seal_status"))
        batch_op.drop_index(batch_op.f("ix_seal_valid_until"))
        batch_op.create_index(
            batch_op.f("ix_seal_imprint_sha256"), ["imprint_sha256"], unique=False
        )
        batch_op.create_index("ix_seal_owner_id", ["owner_uscc", "id"], unique=False)
        batch_op.create_index("ix_seal_owner_status", ["owner_uscc", "status"], unique=False)
        batch_op.create_index("ix_seal_status_id", ["status", "id"], unique=False)
        batch_op.create_index("ix_seal_status_valid_until", ["status", "valid_until"], unique=False)
        batch_op.create_index("ix_seal_type_id", ["seal_type", "id"], unique=False)

    with op.batch_alter_table("seal_use", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seal_use_original_sha256"))
        batch_op.create_index(
            "ix_seal_use_original_seal", ["original_sha256", "seal_id", "status"], unique=False
        )

    with op.batch_alter_table("sealing_batch_item", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sealing_batch_item_original_sha256"), ["original_sha256"], unique=False
        )

    with op.batch_alter_table("transaction_report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transaction_report_expires_at"))
        batch_op.create_index(
            batch_op.f("ix_transaction_report_deal_sha256"), ["deal_sha256"], unique=False
        )
        batch_op.create_index(
            "ix_transaction_report_without_fact",
            ["expires_at"],
            unique=False,
            sqlite_where=sa.text("fact_id IS NULL"),
            postgresql_where=sa.text("fact_id IS NULL"),
        )

    with op.batch_alter_table("verification", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verification_created_at"))
        batch_op.create_index(
            batch_op.f("ix_verification_evidence_sha256"), ["evidence_sha256"], unique=False
        )
        batch_op.create_index(
            "ix_verification_without_fact",
            ["created_at"],
            unique=False,
            sqlite_where=sa.text("fact_id IS NULL"),
            postgresql_where=sa.text("fact_id IS NULL"),
        )


def downgrade() -> None:
    _type_collation("default")
    with op.batch_alter_table("verification", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_verification_without_fact",
            sqlite_where=sa.text("fact_id IS NULL"),
            postgresql_where=sa.text("fact_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_verification_evidence_sha256"))
        batch_op.create_index(
            batch_op.f("ix_verification_created_at"), ["created_at"], unique=False
        )

    with op.batch_alter_table("transaction_report", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_transaction_report_without_fact",
            sqlite_where=sa.text("fact_id IS NULL"),
            postgresql_where=sa.text("fact_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_transaction_report_deal_sha256"))
        batch_op.create_index(
            batch_op.f("ix_transaction_report_expires_at"), ["expires_at"], unique=False
        )

    with op.batch_alter_table("sealing_batch_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sealing_batch_item_original_sha256"))

    with op.batch_alter_table("seal_use", schema=None) as batch_op:
        batch_op.drop_index("ix_seal_use_original_seal")
        batch_op.create_index(
            batch_op.f("ix_seal_use_original_sha256"), ["original_sha256"], unique=False
        )

    with op.batch_alter_table("seal", schema=None) as batch_op:
        batch_op.drop_index("ix_seal_type_id")
        batch_op.drop_index("ix_seal_status_valid_until")
        batch_op.drop_index("ix_seal_status_id")
        batch_op.drop_index("ix_seal_owner_status")
        batch_op.drop_index("ix_seal_owner_id")
        batch_op.drop_index(batch_op.f("ix_seal_imprint_sha256"))
        batch_op.create_index(batch_op.f("ix_seal_valid_until"), ["valid_until"], unique=False)
        batch_op.create_index(batch_op.f("ix_seal_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_seal_owner_uscc"), ["owner_uscc"], unique=False)

    with op.batch_alter_table("invoice_booking", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_booking_original_sha256"))

    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.drop_index("ix_invoice_state_id")
        batch_op.create_index(batch_op.f("ix_invoice_state"), ["state"], unique=False)

    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_body_sha256"))

    with op.batch_alter_table("entity", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entity_status"))

    with op.batch_alter_table("contract_slot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_slot_document_sha256"))

    with op.batch_alter_table("contract_sealing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_sealing_digest_before"))
        batch_op.drop_index(batch_op.f("ix_contract_sealing_digest_after"))

    with op.batch_alter_table("contract_evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_evidence_sha256"))

    with op.batch_alter_table("contract_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contract_event_digest"))

    with op.batch_alter_table("contract", schema=None) as batch_op:
        batch_op.drop_index("ix_contract_status_id")
        batch_op.drop_index(batch_op.f("ix_contract_original_sha256"))
        batch_op.drop_index("ix_contract_number_id")
        batch_op.create_index(batch_op.f("ix_contract_status"), ["status"], unique=False)

    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.drop_index("ix_certificate_status_intended")
        batch_op.drop_index("ix_certificate_seal_status")
        batch_op.drop_index("ix_certificate_profile_status")
        batch_op.drop_index("ix_certificate_issuer_status")
        batch_op.create_index(batch_op.f("ix_certificate_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_certificate_seal_id"), ["seal_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_certificate_issuer_label"), ["issuer_label"], unique=False
        )
