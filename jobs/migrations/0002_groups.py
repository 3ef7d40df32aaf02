"""The groups viewer, operator and admin, with the permissions of each."""

from django.db import migrations

#: Permission -> (the model it belongs to, what Django calls it). Django makes permissions only
#: after all migrations have run: those that the groups need are made here.
PERMISSIONS = {
    "view_task": ("task", "Can view task"),
    "view_workerlease": ("workerlease", "Can view worker"),
    "view_rollup": ("rollup", "Can view count per minute"),
    "view_payload": ("task", "Can see arguments, results and errors"),
    "submit_task": ("task", "Can submit tasks"),
    "cancel_task": ("task", "Can cancel tasks"),
    "requeue_task": ("task", "Can requeue tasks"),
    "discard_task": ("task", "Can discard dead letters"),
    "reschedule_task": ("task", "Can reschedule waiting tasks"),
    "move_task": ("task", "Can move waiting tasks to another queue"),
    "pause_queue": ("task", "Can pause and resume queues and task types"),
    "view_audit": ("task", "Can see what operators did"),
    "triage_failures": ("task", "Can acknowledge, mute, resolve and assign failures"),
    "manage_workers": ("task", "Can quiet and stop workers"),
    "manage_tokens": ("task", "Can create and revoke API tokens"),
    "manage_webhooks": ("task", "Can manage webhooks"),
    "manage_schedules": ("task", "Can manage schedules"),
}
VIEWER = ("view_task", "view_workerlease", "view_rollup")
OPERATOR = (
    *VIEWER,
    "view_payload",
    "submit_task",
    "cancel_task",
    "requeue_task",
    "discard_task",
    "reschedule_task",
    "move_task",
    "pause_queue",
    "view_audit",
    "triage_failures",
    "manage_workers",
)
GROUPS = {"viewer": VIEWER, "operator": OPERATOR, "admin": tuple(PERMISSIONS)}


def create(apps, schema_editor):
    """Add to each group what it lacks, and make those that are not there; take nothing away."""
    alias = schema_editor.connection.alias
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    permissions = {}
    for codename, (model, name) in PERMISSIONS.items():
        kind, _ = ContentType.objects.using(alias).get_or_create(app_label="jobs", model=model)
        permissions[codename], _ = Permission.objects.using(alias).get_or_create(
            content_type=kind, codename=codename, defaults={"name": name}
        )
    for name, codenames in GROUPS.items():
        group, _ = Group.objects.using(alias).get_or_create(name=name)
        group.permissions.add(*[permissions[codename] for codename in codenames])


def remove(apps, schema_editor):
    """Take each group's permissions of this app away; a group that is then bare and empty goes."""
    alias = schema_editor.connection.alias
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    given = Permission.objects.using(alias).filter(
        content_type__app_label="jobs", codename__in=PERMISSIONS
    )
    for group in Group.objects.using(alias).filter(name__in=GROUPS):
        group.permissions.remove(*given)
        if not group.permissions.exists() and not group.user_set.exists():
            group.delete()


class Migration(migrations.Migration):

    dependencies = [
        ("jobs", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create, remove)]
