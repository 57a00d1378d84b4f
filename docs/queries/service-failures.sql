-- How many exports failed in the last hour because of the service. Anything above 0 is an alert.
SELECT sum(_sample_interval) AS exports
FROM spillway
WHERE blob1 = 'export' AND blob2 = 'failed' AND timestamp > now() - INTERVAL '1' HOUR
  AND blob4 IN ('internal', 'budget_exceeded', 'export_failed', 'unavailable', 'incomplete_export', 'clock_skew',
    'destination_unavailable')
