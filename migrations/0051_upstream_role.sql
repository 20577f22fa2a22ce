-- The provider whose claims have given a role (`[[upstreams]] roles`), which takes it away when they do not give it any more; NULL for a
-- role that was given here, and stays.
ALTER TABLE user_role ADD COLUMN upstream TEXT;
