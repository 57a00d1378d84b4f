-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into ClickHouse.
-- Run it on the machine that has the files.
CREATE TABLE `spillway_activity_events` (
  `document` Nullable(String)
)
ENGINE = MergeTree ORDER BY tuple();
CREATE TABLE `spillway_activity_events_rows` (
  line String
)
ENGINE = MergeTree ORDER BY tuple();
INSERT INTO `spillway_activity_events_rows` FROM INFILE 'first.document.gz' COMPRESSION 'gzip' FORMAT JSONAsString;
INSERT INTO `spillway_activity_events_rows` FROM INFILE 'second.document.gz' COMPRESSION 'gzip' FORMAT JSONAsString;
INSERT INTO `spillway_activity_events` (
  `document`
)
SELECT
  line
FROM `spillway_activity_events_rows`;
DROP TABLE `spillway_activity_events_rows`;
SELECT count(*) AS `rows_loaded`, 1 AS `rows_of_the_export` FROM `spillway_activity_events`;
