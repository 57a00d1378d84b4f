-- How many exports ended in the last day, how, and how long half of them and 95 of 100 took.
SELECT
  blob3 AS dataset,
  blob2 AS outcome,
  sum(_sample_interval) AS exports,
  quantileExactWeighted(0.5)(double4, _sample_interval) / 1000 AS seconds_p50,
  quantileExactWeighted(0.95)(double4, _sample_interval) / 1000 AS seconds_p95
FROM spillway
WHERE blob1 = 'export' AND timestamp > now() - INTERVAL '1' DAY
GROUP BY dataset, outcome
ORDER BY exports DESC
