-- Clubs as they stand now.
select
  id as club_id,
  title as club_title,
  type as club_type,
  admin_status
from raw.raw_club
where deleted_at is null
