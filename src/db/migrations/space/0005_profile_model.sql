-- Which topics a person is told of, and how: versioned with the profile.
ALTER TABLE profiles ADD COLUMN topics TEXT NOT NULL DEFAULT '{}'; -- JSON object: topic → channel → consent
