-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into Athena.
-- Copy the files to YOUR_BUCKET first: Athena cannot read them where they are.
-- Run one statement after the other.
-- Replace what begins with YOUR_.
CREATE EXTERNAL TABLE `spillway_activity_events_files` (
  `line` string
)
ROW FORMAT DELIMITED FIELDS TERMINATED BY '\001'
STORED AS TEXTFILE
LOCATION 's3://YOUR_BUCKET/YOUR_FOLDER/';
CREATE TABLE "spillway_activity_events" WITH (format = 'PARQUET') AS
SELECT
  json_extract_scalar(line, '$["eventId"]') AS "eventid",
  CAST(from_iso8601_timestamp(json_extract_scalar(line, '$["occurredAt"]')) AT TIME ZONE 'UTC' AS timestamp(3)) AS "occurredat",
  CAST(json_extract_scalar(line, '$["amount"]') AS double) AS "amount",
  CAST(json_extract_scalar(line, '$["is_gift"]') AS boolean) AS "is_gift",
  NULLIF(json_format(json_extract(line, '$["items"]')), 'null') AS "items"
FROM "spillway_activity_events_files"
WHERE "$path" IN (
  's3://YOUR_BUCKET/YOUR_FOLDER/first.ndjson.gz',
  's3://YOUR_BUCKET/YOUR_FOLDER/second.ndjson.gz'
);
DROP TABLE `spillway_activity_events_files`;
SELECT count(*) AS "rows_loaded", 541909 AS "rows_of_the_export" FROM "spillway_activity_events";
