-- A profile's tags and installations, versioned with it. Each is a set in a canonical order: the same set is the same bytes.

ALTER TABLE profiles ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'; -- JSON array of ids, sorted
ALTER TABLE profiles ADD COLUMN installations TEXT NOT NULL DEFAULT '[]'; -- JSON array of objects, sorted by installation_id
