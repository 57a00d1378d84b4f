-- Events under names without capital letters. Add the columns of your own properties: "order_id", "amount", …
select
    "eventId" as event_id,
    "definitionId" as event_name,
    "personId" as person_id,
    "externalPersonId" as external_person_id,
    "sessionId" as session_id,
    "occurredAt" as occurred_at,
    "occuredTime" as received_at,
    date_trunc('day', "occurredAt") as occurred_on
from {{ source('spillway', 'spillway_activity_events') }}
