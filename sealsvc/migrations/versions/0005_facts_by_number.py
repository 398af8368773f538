"""facts by number

Revision: 0005
Revises: 0004

Facts get a number in the order of the log, and all that is kept of them lies by it: new rows lie
together, where the random ids scattered them. A fact's row tells its subjects itself, so the trace
index is one tree. Indexes of uses that no look-up needs go.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = ("fact", "fact_subject", "log_queue", "log_entry")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TYPE = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
_AT = sa.DateTime(timezone=True)

# Sequenced facts in the order of the log, then those that wait.
_NUMBERED = """
CREATE TABLE fact_number AS
SELECT f.fact_id, row_number() OVER (
  ORDER BY e.idx IS NULL, e.idx, q.position IS NULL, q.position, f.fact_id) AS seq
FROM fact_was f LEFT JOIN log_entry_was e ON e.fact_id = f.fact_id
LEFT JOIN log_queue_was q ON q.fact_id = f.fact_id
"""
_UP = (
    """
    INSERT INTO fact (seq, fact_id, type, at, subjects, entry, payload, salt)
    SELECT n.seq, f.fact_id, f.type, f.at, coalesce(s.told, '[]'), f.entry, f.payload, f.salt
    FROM fact_was f JOIN fact_number n ON n.fact_id = f.fact_id
    LEFT JOIN (SELECT fact_id, {told} AS told FROM fact_subject_was GROUP BY fact_id) s
      ON s.fact_id = f.fact_id
    ORDER BY n.seq
    """,
    """
    INSERT INTO fact_subject (kind, subject_id, type, seq)
    SELECT s.kind, s.subject_id, s.type, n.seq
    FROM fact_subject_was s JOIN fact_number n ON n.fact_id = s.fact_id
    ORDER BY s.kind, s.subject_id, s.type, n.seq
    """,
    """
    INSERT INTO log_queue (seq, queued_at, parked)
    SELECT n.seq, q.queued_at, q.parked
    FROM log_queue_was q JOIN fact_number n ON n.fact_id = q.fact_id ORDER BY n.seq
    """,
    """
    INSERT INTO log_entry (idx, seq, leaf_hash)
    SELECT e.idx, n.seq, e.leaf_hash
    FROM log_entry_was e JOIN fact_number n ON n.fact_id = e.fact_id ORDER BY e.idx
    """,
)
_DOWN = (
    """
    INSERT INTO fact (fact_id, type, at, entry, payload, salt)
    SELECT fact_id, type, at, entry, payload, salt FROM fact_was
    """,
    """
    INSERT INTO fact_subject (fact_id, kind, subject_id, type)
    SELECT f.fact_id, s.kind, s.subject_id, s.type
    FROM fact_subject_was s JOIN fact_was f ON f.seq = s.seq
    """,
    """
    INSERT INTO log_queue (fact_id, queued_at, parked)
    SELECT f.fact_id, q.queued_at, q.parked
    FROM log_queue_was q JOIN fact_was f ON f.seq = q.seq ORDER BY q.seq
    """,
    """
    INSERT INTO log_entry (idx, fact_id, leaf_hash)
    SELECT e.idx, f.fact_id, e.leaf_hash FROM log_entry_was e JOIN fact_was f ON f.seq = e.seq
    """,
)


def _on_postgres() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")


def _set_aside() -> None:
    """Rows into plain copies: the names of keys and indexes are free for the new tables."""
    for table in _TABLES:
        op.execute(f"CREATE TABLE {table}_was AS SELECT * FROM {table}")  # noqa: S608
        op.drop_table(table)


def _drop_copies() -> None:
    for table in _TABLES:
        op.drop_table(f"{table}_was")


def _create_by_number() -> None:
    op.create_table(
        "fact",
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("fact_id", sa.String(40), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("subjects", sa.String(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_fact")),
        sa.UniqueConstraint("fact_id", name=op.f("uq_fact_fact_id")),
    )
    op.create_table(
        "fact_subject",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.String(80), nullable=False),
        sa.Column("type", _TYPE, nullable=False),
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject_id", "type", "seq", name=op.f("pk_fact_subject")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_queue",
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("queued_at", _AT, nullable=False),
        sa.Column("parked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_log_queue")),
    )
    op.create_table(
        "log_entry",
        sa.Column("idx", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("seq", name=op.f("uq_log_entry_seq")),
        sqlite_with_rowid=False,
    )


def _create_by_id() -> None:
    op.create_table(
        "fact",
        sa.Column("fact_id", sa.String(40), nullable=False),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("fact_id", name=op.f("pk_fact")),
    )
    op.create_table(
        "fact_subject",
        sa.Column("fact_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.String(80), nullable=False),
        sa.Column("type", _TYPE, nullable=False),
        sa.PrimaryKeyConstraint("fact_id", "kind", "subject_id", name=op.f("pk_fact_subject")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_queue",
        sa.Column("position", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("fact_id", sa.String(40), nullable=False),
        sa.Column("queued_at", _AT, nullable=False),
        sa.Column("parked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_log_queue")),
        sa.UniqueConstraint("fact_id", name=op.f("uq_log_queue_fact_id")),
    )
    op.create_table(
        "log_entry",
        sa.Column("idx", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fact_id", sa.String(40), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("fact_id", name=op.f("uq_log_entry_fact_id")),
        sqlite_with_rowid=False,
    )


def _told() -> str:
    """The subjects of one fact as its row holds them."""
    if _on_postgres():
        return "json_agg(json_build_array(kind, subject_id))::text"
    return "json_group_array(json_array(kind, subject_id))"


def upgrade() -> None:
    _set_aside()
    op.execute(_NUMBERED)
    op.create_index("ix_fact_number", "fact_number", ["fact_id"])
    _create_by_number()
    for statement in _UP:
        op.execute(statement.replace("{told}", _told()))
    op.create_index(op.f("ix_fact_type"), "fact", ["type"])
    if _on_postgres():
        op.execute("CREATE SEQUENCE fact_seq")
        op.execute("SELECT setval('fact_seq', (SELECT coalesce(max(seq), 0) + 1 FROM fact), false)")
    op.drop_table("fact_number")
    _drop_copies()
    _uses_of_seals()


def _uses_of_seals() -> None:
    with op.batch_alter_table("seal_use") as batch_op:
        for index in ("created_at", "status", "seal_id"):
            batch_op.drop_index(batch_op.f(f"ix_seal_use_{index}"))
        batch_op.drop_index("ix_seal_use_original_seal")
        batch_op.create_index("ix_seal_use_original_seal", ["original_sha256", "seal_id"])
        is_open = sa.text("status = 'AUTHORISED'")
        batch_op.create_index(
            "ix_seal_use_open", ["created_at"], sqlite_where=is_open, postgresql_where=is_open
        )
    with op.batch_alter_table("sealing_batch_item") as batch_op:
        batch_op.drop_index(batch_op.f("ix_sealing_batch_item_original_sha256"))
        batch_op.drop_column("original_sha256")
    _rebuild_items(with_rowid=False)


def _rebuild_items(*, with_rowid: bool) -> None:
    if not _on_postgres():
        kwargs = {"sqlite_with_rowid": with_rowid}
        with op.batch_alter_table("sealing_batch_item", recreate="always", table_kwargs=kwargs):
            pass


def downgrade() -> None:
    _set_aside()
    _create_by_id()
    op.create_index("ix_fact_was", "fact_was", ["seq"])
    for statement in _DOWN:
        op.execute(statement)
    op.create_index(op.f("ix_fact_at"), "fact", ["at"])
    op.create_index(op.f("ix_fact_type"), "fact", ["type"])
    columns = ["kind", "subject_id", "type", "fact_id"]
    op.create_index("ix_fact_subject_subject", "fact_subject", columns)
    if _on_postgres():
        op.execute("DROP SEQUENCE fact_seq")
    _drop_copies()
    _rebuild_items(with_rowid=True)
    with op.batch_alter_table("sealing_batch_item") as batch_op:
        batch_op.add_column(sa.Column("original_sha256", sa.String(64), nullable=True))
    op.execute(
        "UPDATE sealing_batch_item SET original_sha256 ="
        " (SELECT u.original_sha256 FROM seal_use u WHERE u.id = sealing_batch_item.sealing_id)"
    )
    with op.batch_alter_table("sealing_batch_item") as batch_op:
        batch_op.alter_column("original_sha256", existing_type=sa.String(64), nullable=False)
        batch_op.create_index(
            batch_op.f("ix_sealing_batch_item_original_sha256"), ["original_sha256"]
        )
    with op.batch_alter_table("seal_use") as batch_op:
        batch_op.drop_index("ix_seal_use_open")
        batch_op.drop_index("ix_seal_use_original_seal")
        columns = ["original_sha256", "seal_id", "status"]
        batch_op.create_index("ix_seal_use_original_seal", columns)
        for index in ("created_at", "status", "seal_id"):
            batch_op.create_index(batch_op.f(f"ix_seal_use_{index}"), [index])
