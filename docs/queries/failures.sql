-- Why exports failed in the last hour. docs/operations.md says of each code who must act.
SELECT blob4 AS error_code, blob3 AS dataset, sum(_sample_interval) AS exports
FROM spillway
WHERE blob1 = 'export' AND blob2 = 'failed' AND timestamp > now() - INTERVAL '1' HOUR
GROUP BY error_code, dataset
ORDER BY exports DESC
