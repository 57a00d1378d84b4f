-- Loads the export 4c959f87-1a11-4a8e-9d3b-0c8a3f7f2f10 (activity_events, 541909 rows) into Redshift.
-- Copy the files to YOUR_BUCKET first: Redshift cannot read them where they are.
-- Replace what begins with YOUR_.
SET enable_case_sensitive_identifier TO true;
SET timezone TO 'UTC';
BEGIN;
CREATE TABLE "spillway_activity_events" (
  "eventId" VARCHAR(65535) NOT NULL,
  "occurredAt" TIMESTAMPTZ NOT NULL,
  "amount" DOUBLE PRECISION,
  "is_gift" BOOLEAN,
  "items" SUPER
);
CREATE TEMPORARY TABLE spillway_rows (
  "eventId" VARCHAR(65535),
  "occurredAt" TIMESTAMP,
  "amount" DOUBLE PRECISION,
  "is_gift" BOOLEAN,
  "items" VARCHAR(65535)
);
COPY spillway_rows FROM 's3://YOUR_BUCKET/YOUR_FOLDER/first.parquet'
  IAM_ROLE 'arn:aws:iam::YOUR_ACCOUNT_ID:role/YOUR_ROLE'
  FORMAT AS PARQUET;
COPY spillway_rows FROM 's3://YOUR_BUCKET/YOUR_FOLDER/second.parquet'
  IAM_ROLE 'arn:aws:iam::YOUR_ACCOUNT_ID:role/YOUR_ROLE'
  FORMAT AS PARQUET;
INSERT INTO "spillway_activity_events" (
  "eventId",
  "occurredAt",
  "amount",
  "is_gift",
  "items"
)
SELECT
  "eventId",
  "occurredAt" AT TIME ZONE 'UTC',
  "amount",
  "is_gift",
  JSON_PARSE("items")
FROM spillway_rows;
COMMIT;
SELECT count(*) AS "rows_loaded", 541909 AS "rows_of_the_export" FROM "spillway_activity_events";
