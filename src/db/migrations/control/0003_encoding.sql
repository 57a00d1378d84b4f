-- How rows leave: formats, columns, redaction.

ALTER TABLE exports ADD COLUMN encoding TEXT; -- JSON, as export/encode/encoding.ts has it; null: as the dataset writes them
ALTER TABLE spaces ADD COLUMN redaction_secret TEXT; -- sealed; the key of hashed values
