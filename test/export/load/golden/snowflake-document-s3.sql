-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into Snowflake.
-- Replace what begins with YOUR_.
ALTER SESSION SET TIMEZONE = 'UTC';
CREATE OR REPLACE TEMPORARY STAGE spillway_stage
  URL = 's3://acme-exports/spillway/dt=now/'
  CREDENTIALS = (AWS_KEY_ID = 'YOUR_ACCESS_KEY_ID' AWS_SECRET_KEY = 'YOUR_SECRET_ACCESS_KEY');
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
