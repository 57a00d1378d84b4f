-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into BigQuery.
-- Replace what begins with YOUR_.
CREATE TABLE `YOUR_DATASET.spillway_activity_events` (
  `eventId` STRING NOT NULL,
  `occurredAt` TIMESTAMP NOT NULL,
  `amount` FLOAT64,
  `is_gift` BOOL,
  `items` JSON
);
LOAD DATA OVERWRITE `YOUR_DATASET.spillway_activity_events_rows` (
  `eventId` STRING,
  `occurredAt` TIMESTAMP,
  `amount` FLOAT64,
  `is_gift` BOOL,
  `items` STRING
)
FROM FILES (
  format = 'PARQUET',
  uris = [
    's3://acme-exports/spillway/dt=now/first.parquet',
    's3://acme-exports/spillway/dt=now/second.parquet'
  ]
)
WITH CONNECTION `aws-eu-central-1.YOUR_CONNECTION`;
INSERT INTO `YOUR_DATASET.spillway_activity_events` (
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
  PARSE_JSON(`items`, wide_number_mode => 'round')
FROM `YOUR_DATASET.spillway_activity_events_rows`;
DROP TABLE `YOUR_DATASET.spillway_activity_events_rows`;
SELECT count(*) AS `rows_loaded`, 541909 AS `rows_of_the_export` FROM `YOUR_DATASET.spillway_activity_events`;
