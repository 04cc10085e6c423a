-- Accounts 1 to {accounts} on SQLite, and what the log says of them.
WITH RECURSIVE number (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM number WHERE a < {accounts})
INSERT INTO account (id, created_position, display_name, state, receive_policy, blocked_account_ids, contact_retention,
    created_at, version, preferences_version)
SELECT unhex(printf('%032d', a)), 1 + a, 'Account ' || a, 'ACTIVE', 'ALLOW_ALL', '[]', 'KEEP', {now}, 1, 1 FROM number;

INSERT INTO log (position, event_id, account_id, counterpart_account_id, kind, subject_id, last_of_change, payload, at)
SELECT created_position, randomblob(16), id, NULL, 'ACCOUNT_CREATED', id, 1, '{}', {now} FROM account;
