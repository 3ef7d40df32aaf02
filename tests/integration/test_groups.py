"""The groups that the migration makes."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission, User
from django.db import connection

from jobs.models import Task
from tests.support.roles import ADMIN, OPERATOR, VIEWER

pytestmark = pytest.mark.django_db

migration = import_module("jobs.migrations.0002_groups")


def forwards():
    migration.create(apps, connection.schema_editor())


def backwards():
    migration.remove(apps, connection.schema_editor())


def of(name):
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


def test_a_new_site_has_three_groups():
    assert of("viewer") == VIEWER
    assert of("operator") == OPERATOR
    assert of("admin") == ADMIN


def test_every_permission_of_ours_is_somebodys():
    declared = {codename for codename, _ in Task._meta.permissions} | {"view_task"}

    assert declared <= of("admin")


def test_a_site_that_has_such_groups_loses_nothing():
    # given a site whose groups of these names may do other things
    Group.objects.all().delete()
    theirs = Permission.objects.get(codename="add_user")
    Group.objects.create(name="viewer").permissions.add(theirs)

    # when
    forwards()

    # then
    assert of("viewer") == VIEWER | {"add_user"}


def test_it_can_run_again():
    before = Permission.objects.count()

    forwards()
    forwards()

    assert of("viewer") == VIEWER
    assert Permission.objects.count() == before


def test_django_makes_none_of_its_permissions_a_second_time():
    # given permissions that only the migration has made
    Permission.objects.filter(content_type__app_label="jobs").delete()
    forwards()
    made = dict(
        Permission.objects.filter(content_type__app_label="jobs").values_list("codename", "name")
    )

    # when Django makes what is missing
    create_permissions(apps.get_app_config("jobs"), verbosity=0)

    # then each stands once, under the name that Django would have given it
    rows = Permission.objects.filter(content_type__app_label="jobs")
    codenames = list(rows.values_list("codename", flat=True))
    assert len(codenames) == len(set(codenames))
    declared = dict(Task._meta.permissions)
    assert {codename: made[codename] for codename in declared} == declared


def test_going_back_leaves_what_is_not_of_its_making():
    # given a group with a member, one with a permission of another app, and one with neither
    User.objects.create_user("ada").groups.add(Group.objects.get(name="viewer"))
    Group.objects.get(name="admin").permissions.add(Permission.objects.get(codename="add_user"))

    # when
    backwards()

    # then
    assert set(Group.objects.values_list("name", flat=True)) == {"viewer", "admin"}
    assert (of("viewer"), of("admin")) == (set(), {"add_user"})
