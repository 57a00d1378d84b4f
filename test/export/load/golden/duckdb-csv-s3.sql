-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into DuckDB.
-- Replace what begins with YOUR_.
INSTALL httpfs;
LOAD httpfs;
CREATE OR REPLACE SECRET spillway (
  TYPE s3,
  KEY_ID 'YOUR_ACCESS_KEY_ID',
  SECRET 'YOUR_SECRET_ACCESS_KEY',
  REGION 'eu-central-1',
  SCOPE 's3://acme-exports'
);
SET TimeZone = 'UTC';
BEGIN;
CREATE TABLE "spillway_activity_events" (
  "eventId" VARCHAR NOT NULL,
  "occurredAt" TIMESTAMPTZ NOT NULL,
  "amount" DOUBLE,
  "is_gift" BOOLEAN,
  "items" JSON
);
INSERT INTO "spillway_activity_events"
SELECT
  "eventId",
  "occurredAt"::TIMESTAMPTZ,
  "amount",
  "is_gift",
  "items"::JSON
FROM read_csv([
    's3://acme-exports/spillway/dt=now/first.csv.gz',
    's3://acme-exports/spillway/dt=now/second.csv.gz'
  ],
  compression = 'gzip',
  header = true, auto_detect = false,
  delim = ',', quote = '"', escape = '"',
  allow_quoted_nulls = false,
  max_line_size = 16000000,
  columns = {
    "eventId": 'VARCHAR',
    "occurredAt": 'VARCHAR',
    "amount": 'DOUBLE',
    "is_gift": 'BOOLEAN',
    "items": 'VARCHAR'
  });
SELECT CASE WHEN count(*) = 541909 THEN count(*) ELSE error('the export has 541909 rows') END AS "rows"
FROM "spillway_activity_events";
COMMIT;
