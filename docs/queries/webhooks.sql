-- What came of attempts to call webhooks in the last day, and how long after its event 95 of 100 ended.
SELECT
  blob3 AS event_type,
  blob2 AS outcome,
  sum(_sample_interval) AS attempts,
  quantileExactWeighted(0.95)(double2, _sample_interval) / 1000 AS lag_seconds_p95
FROM spillway
WHERE blob1 = 'webhook' AND timestamp > now() - INTERVAL '1' DAY
GROUP BY event_type, outcome
ORDER BY attempts DESC
