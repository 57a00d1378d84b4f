-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into ClickHouse.
-- Replace what begins with YOUR_.
CREATE TABLE `spillway_activity_events` (
  `eventId` String,
  `occurredAt` DateTime64(6, 'UTC'),
  `amount` Nullable(Float64),
  `is_gift` Nullable(Bool),
  `items` Nullable(String)
)
ENGINE = MergeTree ORDER BY tuple();
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
FROM s3(
  'https://acme-exports.s3.eu-central-1.amazonaws.com/spillway/dt=now/{first.parquet,second.parquet}',
  'YOUR_ACCESS_KEY_ID',
  'YOUR_SECRET_ACCESS_KEY',
  'Parquet',
  '`eventId` Nullable(String), `occurredAt` Nullable(DateTime64(6, \'UTC\')), `amount` Nullable(Float64), `is_gift` Nullable(Bool), `items` Nullable(String)',
  'none'
);
SELECT count(*) AS `rows_loaded`, 541909 AS `rows_of_the_export` FROM `spillway_activity_events`;
