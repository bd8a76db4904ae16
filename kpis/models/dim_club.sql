-- Clubs.
select club_id, club_title, club_type
from stg_club
