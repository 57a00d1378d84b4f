-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into BigQuery.
-- Copy the files to YOUR_BUCKET first: BigQuery cannot read them where they are.
-- Replace what begins with YOUR_.
CREATE TABLE `YOUR_DATASET.spillway_activity_events` (
  `eventId` STRING NOT NULL,
  `occurredAt` TIMESTAMP NOT NULL,
  `amount` FLOAT64,
  `is_gift` BOOL,
  `items` JSON
);
LOAD DATA OVERWRITE `YOUR_DATASET.spillway_activity_events_rows` (
  line STRING
)
FROM FILES (
  format = 'CSV',
  uris = [
    'gs://YOUR_BUCKET/YOUR_FOLDER/first.ndjson.gz',
    'gs://YOUR_BUCKET/YOUR_FOLDER/second.ndjson.gz'
  ],
  encoding = 'UTF-8',
  preserve_ascii_control_characters = TRUE,
  field_delimiter = '\x01',
  quote = ''
);
INSERT INTO `YOUR_DATASET.spillway_activity_events` (
  `eventId`,
  `occurredAt`,
  `amount`,
  `is_gift`,
  `items`
)
SELECT
  JSON_VALUE(line['eventId']),
  TIMESTAMP(REGEXP_REPLACE(REGEXP_REPLACE(JSON_VALUE(line['occurredAt']), r'([+-][0-9]{2})([0-9]{2})$', r'\1:\2'), r'([.][0-9]{6})[0-9]+', r'\1'), 'UTC'),
  CAST(JSON_VALUE(line['amount']) AS FLOAT64),
  CAST(JSON_VALUE(line['is_gift']) AS BOOL),
  IF(JSON_TYPE(line['items']) = 'null', NULL, line['items'])
FROM (
  SELECT PARSE_JSON(line, wide_number_mode => 'round') AS line FROM `YOUR_DATASET.spillway_activity_events_rows`
);
DROP TABLE `YOUR_DATASET.spillway_activity_events_rows`;
SELECT count(*) AS `rows_loaded`, 541909 AS `rows_of_the_export` FROM `YOUR_DATASET.spillway_activity_events`;
