"""API tokens in the admin."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session

from jobs.models import ApiToken
from tests.support.authority import bearer, make_token
from tests.support.rows import ago
from tests.support.staff import client_of, make_staff, said

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/apitoken/"
FORM = {"name": "nightly", "expires_days": "30"}
MAY = ("jobs.manage_tokens", "jobs.view_task")


def token_on(page):
    return re.search(r"tq_[0-9a-f]{48}", page.content.decode())[0]


def test_a_new_token_is_shown_once_and_works():
    # when a member of staff makes a token
    browser = client_of(*MAY)
    page = browser.post(f"{LIST}add/", FORM)

    # then the page shows it, and no other page does
    token = token_on(page)
    assert bearer(token).get("tasks").status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    row = ApiToken.objects.get()
    for address in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/history/", "/admin/"):
        later = browser.get(address)
        assert later.status_code == 200
        assert token not in later.content.decode()
        assert row.digest not in later.content.decode()

    # and nothing that is kept holds it
    kept = [str(entry.__dict__) for entry in LogEntry.objects.all()]
    kept += [str(session.get_decoded()) for session in Session.objects.all()]
    assert kept
    assert token not in "".join(kept)


def test_somebody_sees_and_revokes_only_their_own():
    # given a token of somebody else
    other = make_token(make_staff(*MAY, name="grace"), name="of grace")
    browser = client_of(*MAY)
    row = ApiToken.objects.get()

    # then it is neither listed, nor shown, nor revoked
    assert "of grace" not in browser.get(LIST).content.decode()
    assert browser.get(f"{LIST}{row.pk}/change/").status_code == 302
    browser.post(LIST, {"action": "revoke_selected", "_selected_action": [row.pk]})
    assert bearer(other).get("tasks").status_code == 200

    # nor can a token be made in somebody else's name
    browser.post(f"{LIST}add/", FORM | {"user": row.user_id})
    assert ApiToken.objects.exclude(pk=row.pk).get().user.username == "ada"


def test_a_superuser_sees_all_and_makes_tokens_for_anybody(root):
    grace = make_staff(*MAY, name="grace")

    page = root.post(f"{LIST}add/", FORM | {"user": grace.pk, "read_only": "on"})

    assert bearer(token_on(page)).get("tasks").status_code == 200
    assert ApiToken.objects.get().user == grace
    assert ApiToken.objects.get().read_only
    assert "grace" in root.get(LIST).content.decode()


def test_the_form_asks_only_superusers_for_whom(root):
    browser = client_of(*MAY)

    page = browser.get(f"{LIST}add/").content.decode()
    assert 'name="user"' not in page
    assert 'name="_save"' in page
    assert 'name="_continue"' not in page
    assert 'name="user"' in root.get(f"{LIST}add/").content.decode()


def test_the_list_tells_until_when_each_is_valid(root):
    # given
    grace = make_staff(*MAY, name="grace")
    for name in ("endless", "over", "gone"):
        make_token(grace, name=name)
    ApiToken.objects.filter(name="over").update(expires_at=ago(60))
    ApiToken.objects.filter(name="gone").update(revoked_at=ago(60), last_used_at=ago(120))

    # when
    rows = root.get(LIST).content.decode().split("<tr>")[-3:]

    # then
    gone, over, endless = rows
    assert "revoked <time" in gone
    assert "expired <time" in over
    assert "until it is revoked" in endless


def test_the_action_revokes_and_leaves_a_trace(django_capture_on_commit_callbacks):
    browser = client_of(*MAY)
    tokens = [token_on(browser.post(f"{LIST}add/", FORM)) for _ in range(2)]
    rows = list(ApiToken.objects.values_list("pk", flat=True))

    with django_capture_on_commit_callbacks(execute=True):
        done = browser.post(LIST, {"action": "revoke_selected", "_selected_action": rows})

    assert said(done) == "Revoked 2 tokens."
    assert {bearer(token).get("tasks").json()["code"] for token in tokens} == {"token_revoked"}
    assert LogEntry.objects.filter(change_message="Revoked.").count() == 2


@pytest.mark.parametrize("path", ["", "add/"])
def test_staff_without_the_permission_have_no_tokens(path):
    browser = client_of("jobs.view_task")

    assert browser.get(LIST + path).status_code == 403
    assert browser.post(LIST + path, FORM).status_code == 403
    assert not ApiToken.objects.exists()
    assert "apitoken" not in browser.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"name": "", "expires_days": "1"}, "This field is required."),
        ({"name": "x" * 101, "expires_days": "1"}, "at most 100 characters"),
        ({"name": "x", "expires_days": "0"}, "greater than or equal to 1"),
        ({"name": "x", "expires_days": "9999"}, "less than or equal to 3650"),
        ({"name": "a\0b", "expires_days": "1"}, "Null characters are not allowed."),
    ],
)
def test_a_bad_form_is_told_in_its_place(form, problem):
    page = client_of(*MAY).post(f"{LIST}add/", form)

    assert problem in page.content.decode()
    assert not ApiToken.objects.exists()


def test_no_query_string_guesses_at_digests(root):
    make_token(make_staff(*MAY))
    digest = ApiToken.objects.get().digest

    response = root.get(LIST, {"digest__startswith": digest[:4]})

    assert response.status_code == 400


def test_a_user_with_tokens_can_be_deleted(root):
    grace = make_staff(*MAY, name="grace")
    make_token(grace)

    root.post(f"/admin/auth/user/{grace.pk}/delete/", {"post": "yes"})

    assert not ApiToken.objects.exists()
