"""What a reader is told first, and where it then sits: the same for sockets and streams."""

from uuid import UUID

from dashboard.events import connected, final, is_ended
from dashboard.hub import NORMAL_CLOSURE, NOT_FOUND, Seat, frame_of
from dashboard.live import live
from dashboard.publisher import FEED
from dashboard.reading import read
from dashboard.snapshot import newest_lines
from dashboard.tracker import topic_of
from jobs.selectors.facts import without_payload


async def follow_task(seat: Seat, task_id: UUID, *, payload: bool) -> str | None:
    """Tell how the task stands and, unless it has ended, what follows.

    Gives the topic at which the seat now is; None when it was told to close after its last word.
    """
    facts = await live.tracker.first_look(task_id)
    if facts is None:
        seat.finish(NOT_FOUND)
        return None
    shown = facts if payload else without_payload(facts)
    if is_ended(facts):
        seat.put(frame_of(connected(shown), 0))
        seat.put(frame_of(final(shown), 1))
        seat.finish(NORMAL_CLOSURE)
        return None
    topic = topic_of(task_id, payload=payload)
    seat.put(frame_of(connected(shown), live.join(topic, seat)))
    return topic


async def follow_feed(seat: Seat) -> str:
    """Tell the newest tasks, and then which ones change; gives the topic."""
    lines = await read(newest_lines)
    seq = live.join(FEED, seat)
    seat.put(frame_of({"event": "connected", "data": {"tasks": lines}}, seq))
    return FEED
