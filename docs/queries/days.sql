-- What was exported on each day of the last four weeks.
SELECT
  toStartOfDay(timestamp) AS day,
  sum(_sample_interval) AS exports,
  sum(double1 * _sample_interval) AS rows_exported,
  sum(double2 * _sample_interval) / 1000000000 AS gigabytes
FROM spillway
WHERE blob1 = 'export' AND blob2 = 'completed' AND timestamp > now() - INTERVAL '28' DAY
GROUP BY day
ORDER BY day
