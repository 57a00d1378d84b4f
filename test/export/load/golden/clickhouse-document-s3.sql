-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into ClickHouse.
-- Replace what begins with YOUR_.
CREATE TABLE `spillway_activity_events` (
  `document` Nullable(String)
)
ENGINE = MergeTree ORDER BY tuple();
INSERT INTO `spillway_activity_events` (
  `document`
)
SELECT
  line
FROM s3(
  'https://acme-exports.s3.eu-central-1.amazonaws.com/spillway/dt=now/{first.document.gz,second.document.gz}',
  'YOUR_ACCESS_KEY_ID',
  'YOUR_SECRET_ACCESS_KEY',
  'JSONAsString',
  'line String',
  'gzip'
);
SELECT count(*) AS `rows_loaded`, 1 AS `rows_of_the_export` FROM `spillway_activity_events`;
