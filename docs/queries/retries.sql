-- Exports of the last day by how often their steps were tried again: many tries are a store or a database in trouble.
SELECT double3 AS retries, sum(_sample_interval) AS exports
FROM spillway
WHERE blob1 = 'export' AND blob2 = 'completed' AND timestamp > now() - INTERVAL '1' DAY
GROUP BY retries
ORDER BY retries
