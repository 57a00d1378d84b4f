-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into Athena.
-- Run one statement after the other.
CREATE EXTERNAL TABLE `spillway_activity_events_files` (
  `line` string
)
ROW FORMAT DELIMITED FIELDS TERMINATED BY '\001'
STORED AS TEXTFILE
LOCATION 's3://acme-exports/spillway/dt=now/';
CREATE TABLE "spillway_activity_events" WITH (format = 'PARQUET') AS
SELECT
  line AS "document"
FROM "spillway_activity_events_files"
WHERE "$path" IN (
  's3://acme-exports/spillway/dt=now/first.document.gz',
  's3://acme-exports/spillway/dt=now/second.document.gz'
);
DROP TABLE `spillway_activity_events_files`;
SELECT count(*) AS "rows_loaded", 1 AS "rows_of_the_export" FROM "spillway_activity_events";
