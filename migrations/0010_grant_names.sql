-- A database that has a data key was served by a release that knows grants by the ids of their rows alone. That release may go
-- on serving beside this one for a while, so this one calls them the same until then.
INSERT INTO installation (name, value)
SELECT 'grant_name.earlier', '' WHERE EXISTS (SELECT 1 FROM data_key);
