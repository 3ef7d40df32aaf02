"""Nobody changes or deletes audit entries, whatever program speaks to the database.

Only retention deletes: see `jobs.store.audit`. On SQLite a later migration that alters the table
makes it anew, and must run these operations again after it, for triggers go with their table.
"""

from django.db import migrations

ERASURE = {
    "postgresql": "CREATE TABLE jobs_auditerasure (before timestamptz NOT NULL)",
    "sqlite": "CREATE TABLE jobs_auditerasure (before datetime NOT NULL)",
}
POSTGRESQL = [
    """
    CREATE FUNCTION jobs_audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            IF NOT EXISTS (SELECT 1 FROM jobs_auditentry) THEN
                RETURN NULL;
            END IF;
        ELSIF TG_OP = 'DELETE' THEN
            IF EXISTS (SELECT 1 FROM jobs_auditerasure WHERE before > OLD.at) THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION 'audit entries are kept: % is refused', TG_OP
            USING ERRCODE = 'restrict_violation';
    END
    $$
    """,
    """
    CREATE TRIGGER jobs_audit_is_kept BEFORE UPDATE OR DELETE ON jobs_auditentry
    FOR EACH ROW EXECUTE FUNCTION jobs_audit_is_kept()
    """,
    """
    CREATE TRIGGER jobs_audit_is_not_emptied BEFORE TRUNCATE ON jobs_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_audit_is_kept()
    """,
]
SQLITE = [
    """
    CREATE TRIGGER jobs_audit_is_not_changed BEFORE UPDATE ON jobs_auditentry
    BEGIN SELECT RAISE(ABORT, 'audit entries are kept: UPDATE is refused'); END
    """,
    """
    CREATE TRIGGER jobs_audit_is_kept BEFORE DELETE ON jobs_auditentry
    WHEN NOT EXISTS (SELECT 1 FROM jobs_auditerasure WHERE before > OLD.at)
    BEGIN SELECT RAISE(ABORT, 'audit entries are kept: DELETE is refused'); END
    """,
    # INSERT OR REPLACE deletes what is in its way, and fires no trigger for it.
    """
    CREATE TRIGGER jobs_audit_is_not_replaced BEFORE INSERT ON jobs_auditentry
    WHEN EXISTS (SELECT 1 FROM jobs_auditentry WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'audit entries are kept: REPLACE is refused'); END
    """,
]
TRIGGERS = {"postgresql": POSTGRESQL, "sqlite": SQLITE}
REMOVAL = {
    "postgresql": [
        "DROP TRIGGER jobs_audit_is_not_emptied ON jobs_auditentry",
        "DROP TRIGGER jobs_audit_is_kept ON jobs_auditentry",
        "DROP FUNCTION jobs_audit_is_kept",
    ],
    "sqlite": [
        "DROP TRIGGER jobs_audit_is_not_replaced",
        "DROP TRIGGER jobs_audit_is_kept",
        "DROP TRIGGER jobs_audit_is_not_changed",
    ],
}


def guard(apps, schema_editor):
    """Begin to refuse."""
    vendor = schema_editor.connection.vendor
    for statement in [ERASURE[vendor], *TRIGGERS[vendor]]:
        schema_editor.execute(statement, params=None)


def leave(apps, schema_editor):
    """Refuse nothing any more."""
    vendor = schema_editor.connection.vendor
    for statement in [*REMOVAL[vendor], "DROP TABLE jobs_auditerasure"]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    dependencies = [("jobs", "0002_groups")]

    operations = [migrations.RunPython(guard, leave)]
