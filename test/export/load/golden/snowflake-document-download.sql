-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into Snowflake.
-- Run it on the machine that has the files.
-- Replace what begins with YOUR_.
ALTER SESSION SET TIMEZONE = 'UTC';
CREATE OR REPLACE TEMPORARY STAGE spillway_stage;
PUT 'file:///YOUR_FOLDER/first.document.gz' @spillway_stage AUTO_COMPRESS = FALSE;
PUT 'file:///YOUR_FOLDER/second.document.gz' @spillway_stage AUTO_COMPRESS = FALSE;
CREATE TABLE "SPILLWAY_ACTIVITY_EVENTS" (
  "document" VARIANT
);
CREATE OR REPLACE TEMPORARY TABLE spillway_rows (
  line VARIANT
);
COPY INTO spillway_rows FROM @spillway_stage
  FILE_FORMAT = (TYPE = JSON COMPRESSION = GZIP)
  FILES = ('first.document.gz', 'second.document.gz');
INSERT INTO "SPILLWAY_ACTIVITY_EVENTS" (
  "document"
)
SELECT
  line
FROM spillway_rows;
SELECT count(*) AS "rows_loaded", 1 AS "rows_of_the_export" FROM "SPILLWAY_ACTIVITY_EVENTS";
