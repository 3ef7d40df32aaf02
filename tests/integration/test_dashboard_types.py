"""The dashboard's pages of task types."""

from urllib.parse import quote

import pytest
from django.test import Client

from jobs.domain.histogram import bucket_of
from jobs.models import Rollup
from jobs.services.pause import pause_type
from tests.support.rows import ago, make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db

MAIL = "/types/send_email/"


def html(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def histogram(**seconds_to_count: int) -> list[int]:
    """Counts by duration in milliseconds: `ms500=90`."""
    places = {bucket_of(int(key[2:]) / 1000): count for key, count in seconds_to_count.items()}
    return [places.get(place, 0) for place in range(max(places) + 1)]


def ended(seconds_ago: float = 120, name: str = "send_email", **counts: object) -> None:
    minute = ago(seconds_ago).replace(second=0, microsecond=0)
    Rollup.objects.create(at=minute, queue="high", name=name, **counts)


def test_the_list_tells_volume_success_and_percentiles_of_the_window(client: Client) -> None:
    # given
    ended(succeeded=90, failed=10, retried=5, run_histogram=histogram(ms20=94, ms8000=6))
    ended(2 * 86_400, succeeded=1000)

    # then
    row = html(client, "/types/").partition(f'href="{MAIL}"')[2].partition("</tr>")[0]
    assert 'data-label="Ended">100<' in row
    assert ">90 %<" in row
    assert 'data-label="Run">20 ms / 8.0 s / 8.0 s<' in row
    week = html(client, "/types/?window=7d").partition("send_email/?span=7d")[2]
    assert 'data-label="Ended">1,100<' in week.partition("</tr>")[0]


def test_a_window_that_there_is_not_is_the_shortest(client: Client) -> None:
    page = html(client, "/types/?window=<b>")
    assert '<a href="?window=1h" aria-current="true">1h</a>' in page


def test_a_type_has_a_histogram_with_a_table(client: Client) -> None:
    ended(succeeded=100, run_histogram=histogram(ms20=94, ms8000=6))
    page = html(client, MAIL)
    assert "Runs by how long they took, from 19 ms to" in page
    assert '<td class="number">94</td>' in page
    assert '<th scope="row">Run</th><td class="number">20 ms</td>' in page


def test_a_type_tells_its_defaults_slowest_and_failures(client: Client) -> None:
    # given
    slow = make_task(name="send_email", state="SUCCESS", started_at=ago(100), finished_at=ago(10))
    failed = make_task(name="send_email", state="FAILURE", finished_at=ago(5), error="boom!")

    # when
    page = html(client, MAIL)

    # then
    assert "Pretend to send an e-mail" in page
    assert "<dt>Retries</dt><dd>5</dd>" in page
    assert "1 min 30 s" in page.partition(f"/tasks/{slow.pk}/")[2].partition("</tr>")[0]
    assert "boom!" in page.partition(f"/tasks/{failed.pk}/")[2].partition("</tr>")[0]
    assert 'href="/submit/?type=send_email"' in page


def test_a_type_that_never_ran_says_so(client: Client) -> None:
    page = html(client, MAIL)
    assert page.count("Nothing in the last hour.") == 2
    assert "None has ended." in page


def test_a_paused_type_says_by_whom_and_why_in_the_list_and_on_its_page(client: Client) -> None:
    pause_type(name="send_email", actor="ann", reason="the <b>server</b> is full")

    row = html(client, "/types/").partition(f'href="{MAIL}"')[2].partition("</tr>")[0]
    for page in (row, html(client, MAIL)):
        assert "Paused by <bdi>ann</bdi>" in page
        assert "the &lt;b&gt;server&lt;/b&gt; is full" in page


def test_a_type_that_this_release_does_not_know_is_told(client: Client) -> None:
    make_task(name="shop/old")
    assert 'href="/types/shop/old/"' in html(client, "/types/")
    page = html(client, "/types/shop/old/")
    assert "No function is registered under this name" in page
    assert "1 task waits for one that has it." in page


@pytest.mark.parametrize("name", ["nothing_of_this_name", "\0", "<script>"])
def test_a_type_that_never_was_is_not_found(client: Client, name: str) -> None:
    assert client.get(f"/types/{quote(name)}/").status_code == 404


def test_errors_are_payload_and_only_submitters_are_led_to_the_form() -> None:
    make_task(name="send_email", state="FAILURE", finished_at=ago(5), error="hunter2")
    page = html(client_of("jobs.view_task"), MAIL)
    assert "hunter2" not in page
    assert "/submit/" not in page


@pytest.mark.parametrize(("path", "most"), [("/types/", 5), (MAIL, 9)])
def test_pages_ask_few_questions_however_many_tasks_there_are(
    client: Client, path: str, most: int, django_assert_max_num_queries
) -> None:
    for number in range(30):
        make_task(name="send_email", state="FAILURE", started_at=ago(2), finished_at=ago(1))
        ended(name=f"type_{number}", succeeded=1)
    with django_assert_max_num_queries(most):
        client.get(path)
