"""The counts of a past: of the last week by its tasks, and the same for the weeks before."""

#: Weeks before the last one; of their tasks only the counts are left.
OLDER_WEEKS = 12
#: Buckets below the one of a tenth of a second, which counts all that a period holds.
_EMPTY_BUCKETS = 72
_COUNTS = ("succeeded", "retried", "failed", "revoked", "ended")
_KEPT = ", ".join(_COUNTS)
_SUMMED = ", ".join(f"sum({name}) AS {name}" for name in _COUNTS)
_WEEKS = " UNION ALL ".join(f"SELECT {week} AS weeks" for week in range(OLDER_WEEKS + 1))

ROLLUPS = f"""
INSERT INTO jobs_rollup (period, at, queue, name, succeeded, retried, failed, revoked, snoozed,
       timed_out, worker_died, wait_seconds, run_seconds, wait_histogram, run_histogram)
  WITH minutes AS (
    SELECT {{minute}} AS at, queue, name, sum(CASE WHEN state = 'SUCCESS' THEN 1 ELSE 0 END)
           AS succeeded, sum(CASE WHEN tries > 1 THEN tries - 1 ELSE 0 END) AS retried,
           sum(CASE WHEN state = 'FAILURE' THEN 1 ELSE 0 END) AS failed,
           sum(CASE WHEN state = 'REVOKED' THEN 1 ELSE 0 END) AS revoked, count(*) AS ended
      FROM jobs_task WHERE name LIKE '{{name}}.%' GROUP BY 1, 2, 3),
  hours AS (SELECT {{hour}} AS at, queue, name, {_SUMMED} FROM minutes GROUP BY 1, 2, 3),
  weeks AS (SELECT {{earlier}} AS at, queue, name, {_KEPT} FROM hours, ({_WEEKS}) AS w),
  periods AS (
    SELECT 'minute' AS period, at, queue, name, {_KEPT} FROM minutes UNION ALL
    SELECT '15min', {{quarter}}, queue, name, {_KEPT} FROM minutes UNION ALL
    SELECT 'hour', at, queue, name, {_KEPT} FROM weeks UNION ALL
    SELECT '6hours', {{shift}}, queue, name, {_KEPT} FROM weeks UNION ALL
    SELECT 'day', {{day}}, queue, name, {_KEPT} FROM weeks UNION ALL
    SELECT 'ever', {{epoch}}, queue, name, {_KEPT} FROM weeks)
SELECT period, at, CASE WHEN by_queue THEN queue ELSE '' END,
       CASE WHEN by_name THEN name ELSE '' END, sum(succeeded), sum(retried), sum(failed),
       sum(revoked), 0, 0, 0, sum(ended), sum(ended) * 0.1, {{histogram}}, {{histogram}}
  FROM periods, (SELECT true AS by_queue, true AS by_name UNION ALL SELECT true, false UNION ALL
                 SELECT false, true UNION ALL SELECT false, false) AS scopes
 GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - constants
POSTGRESQL = {
    "minute": "date_trunc('minute', finished_at)",
    "quarter": "date_bin('15 minutes', at, to_timestamp(0))",
    "shift": "date_bin('6 hours', at, to_timestamp(0))",
    "hour": "date_trunc('hour', at, 'UTC')",
    "day": "date_trunc('day', at, 'UTC')",
    "epoch": "to_timestamp(0)",
    "earlier": "at - weeks * interval '7 days'",
    "histogram": f"array_fill(0::bigint, ARRAY[{_EMPTY_BUCKETS}]) || sum(ended)::bigint",
}
_MULTIPLE_SQLITE = (
    "strftime('%Y-%m-%d %H:%M:%S.000000', strftime('%s', at) / {0} * {0}, 'unixepoch')"
)
SQLITE = {
    "minute": "substr(finished_at, 1, 16) || ':00.000000'",
    "quarter": _MULTIPLE_SQLITE.format(900),
    "shift": _MULTIPLE_SQLITE.format(6 * 3600),
    "hour": "substr(at, 1, 13) || ':00:00.000000'",
    "day": "substr(at, 1, 10) || ' 00:00:00.000000'",
    "epoch": "'1970-01-01 00:00:00.000000'",
    "earlier": "strftime('%Y-%m-%d %H:%M:%f', at, '-' || (7 * weeks) || ' days') || '000'",
    "histogram": (
        f"'[' || replace(printf('%{_EMPTY_BUCKETS}c', '0'), ' ', '0,') || ',' || sum(ended) || ']'"
    ),
}
