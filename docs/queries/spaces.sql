-- Which spaces exported most in the last four weeks: who pays for what, and who is a noisy neighbour.
SELECT
  index1 AS space_id,
  sum(_sample_interval) AS exports,
  sum(double1 * _sample_interval) AS rows_exported,
  sum(double2 * _sample_interval) / 1000000000 AS gigabytes
FROM spillway
WHERE blob1 = 'export' AND timestamp > now() - INTERVAL '28' DAY
GROUP BY space_id
ORDER BY rows_exported DESC
LIMIT 50
