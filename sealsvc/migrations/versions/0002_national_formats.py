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

    with op.batch_alter_table("entity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealing_suite", sa.String(length=40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("entity", schema=None) as batch_op:
        batch_op.drop_column("sealing_suite")

    with op.batch_alter_table("seal_credential", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seal_credential_seal_id"))
        batch_op.drop_index(batch_op.f("ix_seal_credential_eseal_sha256"))
        batch_op.drop_index(batch_op.f("ix_seal_credential_cert_serial"))

    op.drop_table("seal_credential")
