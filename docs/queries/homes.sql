-- The largest databases of spaces, from one measurement a day. D1 and Durable Objects have 10 GB each.
SELECT blob2 AS home, blob3 AS space_id, max(double1) / 1000000000 AS gigabytes
FROM spillway
WHERE blob1 = 'home' AND timestamp > now() - INTERVAL '2' DAY
GROUP BY home, space_id
ORDER BY gigabytes DESC
LIMIT 50
