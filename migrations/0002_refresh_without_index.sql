-- Each refresh moves the moment at which its family dies unused. With an index on it each refresh wrote two more pages, and
-- on PostgreSQL a new version of every index entry. What has expired is found by going through the table instead.
DROP INDEX refresh_family_idle;
