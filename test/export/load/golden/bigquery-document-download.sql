-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into BigQuery.
-- Copy the files to YOUR_BUCKET first: BigQuery cannot read them where they are.
-- Replace what begins with YOUR_.
CREATE TABLE `YOUR_DATASET.spillway_activity_events` (
  `document` JSON
);
LOAD DATA OVERWRITE `YOUR_DATASET.spillway_activity_events_rows` (
  line STRING
)
FROM FILES (
  format = 'CSV',
  uris = [
    'gs://YOUR_BUCKET/YOUR_FOLDER/first.document.gz',
    'gs://YOUR_BUCKET/YOUR_FOLDER/second.document.gz'
  ],
  encoding = 'UTF-8',
  preserve_ascii_control_characters = TRUE,
  field_delimiter = '\x01',
  quote = ''
);
INSERT INTO `YOUR_DATASET.spillway_activity_events` (
  `document`
)
SELECT
  PARSE_JSON(line, wide_number_mode => 'round')
FROM `YOUR_DATASET.spillway_activity_events_rows`;
DROP TABLE `YOUR_DATASET.spillway_activity_events_rows`;
SELECT count(*) AS `rows_loaded`, 1 AS `rows_of_the_export` FROM `YOUR_DATASET.spillway_activity_events`;
