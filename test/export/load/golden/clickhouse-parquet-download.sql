-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into ClickHouse.
-- Run it on the machine that has the files.
CREATE TABLE `spillway_activity_events` (
  `eventId` String,
  `occurredAt` DateTime64(6, 'UTC'),
  `amount` Nullable(Float64),
  `is_gift` Nullable(Bool),
  `items` Nullable(String)
)
ENGINE = MergeTree ORDER BY tuple();
CREATE TABLE `spillway_activity_events_rows` (
  `eventId` Nullable(String),
  `occurredAt` Nullable(DateTime64(6, 'UTC')),
  `amount` Nullable(Float64),
  `is_gift` Nullable(Bool),
  `items` Nullable(String)
)
ENGINE = MergeTree ORDER BY tuple();
INSERT INTO `spillway_activity_events_rows` FROM INFILE 'first.parquet' COMPRESSION 'none' FORMAT Parquet;
INSERT INTO `spillway_activity_events_rows` FROM INFILE 'second.parquet' COMPRESSION 'none' FORMAT Parquet;
INSERT INTO `spillway_activity_events` (
  `eventId`,
  `occurredAt`,
  `amount`,
  `is_gift`,
  `items`
)
SELECT
  `eventId`,
  `occurredAt`,
  `amount`,
  `is_gift`,
  `items`
FROM `spillway_activity_events_rows`;
DROP TABLE `spillway_activity_events_rows`;
SELECT count(*) AS `rows_loaded`, 541909 AS `rows_of_the_export` FROM `spillway_activity_events`;
