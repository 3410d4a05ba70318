import django.core.serializers.json
import django.utils.timezone
from django.db import migrations, models

import accounts.models.audit

TABLE = "accounts_auditentry"
WORDS = "the audit log is append-only"
# A migration that makes SQLite copy the table to another (it drops the old one, triggers and all) must run `guard` again.
SQLITE = [
    f"CREATE TRIGGER audit_log_{deed} BEFORE {deed} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    for deed in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    f"CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{WORDS}'; END $$",
    f"CREATE TRIGGER audit_log_refuse BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION audit_log_refuse()",
]


def guard(apps, schema_editor):
    """Let the database itself refuse to change or delete what stands in the log."""
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}.get(schema_editor.connection.vendor, []):
        schema_editor.execute(statement, None)


def unguard(apps, schema_editor):
    """The table goes, and on SQLite its triggers with it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION audit_log_refuse() CASCADE", None)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_language")]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="when")),
                ("act", models.CharField(choices=accounts.models.audit.acts, max_length=32, verbose_name="what")),
                ("by", models.BigIntegerField(null=True)),
                ("by_name", models.CharField(blank=True, max_length=120, verbose_name="who")),
                ("whom", models.BigIntegerField(null=True)),
                ("whom_name", models.CharField(blank=True, max_length=120, verbose_name="whom")),
                ("room", models.BigIntegerField(null=True)),
                ("room_slug", models.CharField(blank=True, max_length=64, verbose_name="room")),
                ("seq", models.BigIntegerField(null=True, verbose_name="message")),
                ("reason", models.CharField(blank=True, max_length=250, verbose_name="why")),
                (
                    "details",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        encoder=django.core.serializers.json.DjangoJSONEncoder,
                        verbose_name="details",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry of the audit log",
                "verbose_name_plural": "audit log",
                "ordering": ["-pk"],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(condition=models.Q(("by__isnull", False)), fields=["by"], name="audit_by"),
                    models.Index(condition=models.Q(("whom__isnull", False)), fields=["whom"], name="audit_whom"),
                    models.Index(condition=models.Q(("room__isnull", False)), fields=["room"], name="audit_room"),
                ],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
