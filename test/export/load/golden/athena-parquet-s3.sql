-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into Athena.
-- Run one statement after the other.
CREATE EXTERNAL TABLE `spillway_activity_events_files` (
  `eventid` string,
  `occurredat` timestamp,
  `amount` double,
  `is_gift` boolean,
  `items` string
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
WITH SERDEPROPERTIES ('parquet.column.index.access' = 'true')
STORED AS INPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
LOCATION 's3://acme-exports/spillway/dt=now/';
CREATE TABLE "spillway_activity_events" WITH (format = 'PARQUET') AS
SELECT
  "eventid" AS "eventid",
  "occurredat" AS "occurredat",
  "amount" AS "amount",
  "is_gift" AS "is_gift",
  "items" AS "items"
FROM "spillway_activity_events_files"
WHERE "$path" IN (
  's3://acme-exports/spillway/dt=now/first.parquet',
  's3://acme-exports/spillway/dt=now/second.parquet'
);
DROP TABLE `spillway_activity_events_files`;
SELECT count(*) AS "rows_loaded", 541909 AS "rows_of_the_export" FROM "spillway_activity_events";
