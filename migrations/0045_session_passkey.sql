-- The passkey that was first used in a session: whoever removes it, because the device that has it is lost, ends that session, too.
ALTER TABLE session ADD COLUMN passkey_id TEXT;
