-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into Snowflake.
-- Replace what begins with YOUR_.
ALTER SESSION SET TIMEZONE = 'UTC';
CREATE OR REPLACE TEMPORARY STAGE spillway_stage
  URL = 's3://acme-exports/spillway/dt=now/'
  CREDENTIALS = (AWS_KEY_ID = 'YOUR_ACCESS_KEY_ID' AWS_SECRET_KEY = 'YOUR_SECRET_ACCESS_KEY');
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
  FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE)
  FILES = ('first.parquet', 'second.parquet');
INSERT INTO "SPILLWAY_ACTIVITY_EVENTS" (
  "eventId",
  "occurredAt",
  "amount",
  "is_gift",
  "items"
)
SELECT
  line['eventId']::VARCHAR,
  line['occurredAt']::TIMESTAMP_TZ,
  line['amount']::FLOAT,
  line['is_gift']::BOOLEAN,
  PARSE_JSON(line['items']::VARCHAR)
FROM spillway_rows;
SELECT count(*) AS "rows_loaded", 541909 AS "rows_of_the_export" FROM "SPILLWAY_ACTIVITY_EVENTS";
