-- {count} new members of account {account} in the log alone, as if another replica had registered them.
BEGIN;
SELECT id FROM log_head FOR UPDATE;
INSERT INTO log
SELECT top + n, gen_random_uuid(), lpad('{account}', 32, '0')::uuid, NULL, 'MEMBER_ADDED', id, true,
    jsonb_build_object('member', id, 'membership', id, 'email', 'person' || top + n || '@bench.example',
        'display_name', 'Person', 'state', 'ACTIVE', 'phone', '', 'title', '', 'locale', ''), {now}
FROM (
    SELECT (SELECT max(position) FROM log) AS top, n, gen_random_uuid() AS id FROM generate_series(1, {count}) AS n
) AS people;
COMMIT;
