-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into Snowflake.
-- Run it on the machine that has the files.
-- Replace what begins with YOUR_.
ALTER SESSION SET TIMEZONE = 'UTC';
CREATE OR REPLACE TEMPORARY STAGE spillway_stage;
PUT 'file:///YOUR_FOLDER/first.ndjson.gz' @spillway_stage AUTO_COMPRESS = FALSE;
PUT 'file:///YOUR_FOLDER/second.ndjson.gz' @spillway_stage AUTO_COMPRESS = FALSE;
CREATE TABLE "SPILLWAY_ACTIVITY_EVENTS" (
  "eventId" VARCHAR NOT NULL,
  "occurredAt" TIMESTAMP_TZ NOT NULL,
  "amount" FLOAT,
  "is_gift" BOOLEAN,
  "items" VARIANT
);
CREATE OR REPLACE TEMPORARY TABLE spillway_rows (
  line VARIANT
);
COPY INTO spillway_rows FROM @spillway_stage
  FILE_FORMAT = (TYPE = JSON COMPRESSION = GZIP)
  FILES = ('first.ndjson.gz', 'second.ndjson.gz');
INSERT INTO "SPILLWAY_ACTIVITY_EVENTS" (
  "eventId",
  "occurredAt",
  "amount",
  "is_gift",
  "items"
)
SELECT
  line['eventId']::VARCHAR,
  TO_TIMESTAMP_TZ(REGEXP_REPLACE(line['occurredAt']::VARCHAR, '([+-][0-9]{2})([0-9]{2})$', '\\1:\\2')),
  line['amount']::FLOAT,
  line['is_gift']::BOOLEAN,
  IFF(IS_NULL_VALUE(line['items']), NULL, line['items'])
FROM spillway_rows;
SELECT count(*) AS "rows_loaded", 541909 AS "rows_of_the_export" FROM "SPILLWAY_ACTIVITY_EVENTS";
