-- Invitations that wait to be accepted: numbers {first} to {last}, each between accounts that have nothing else.
CREATE TEMP TABLE waiting AS
SELECT n, lpad(({invitations} + n)::text, 32, '0')::uuid AS id, lpad(s::text, 32, '0')::uuid AS sender,
    lpad(r::text, 32, '0')::uuid AS recipient, lpad(({members} + s)::text, 32, '0')::uuid AS inviter,
    'boss' || r || '@bench.example' AS email, (SELECT max(position) FROM log) + 1 + n - {first} AS position
FROM (
    SELECT n, 1 + n % {senders} AS s, {senders} + 1 + (n / {senders} + n % {senders}) % {recipients} AS r
    FROM generate_series({first}::bigint, {last}) AS n
) AS numbers;

INSERT INTO partnership (id, created_position, kind, sender_account_id, recipient_account_id, pair_first, pair_second,
    invitee_email, invitee_key, inviter_member_id, inviter_display_name, message, state, sender_hid, recipient_hid,
    sender_view, recipient_view, sender_version, recipient_version, sender_updated_at, recipient_updated_at,
    reject_reason, created_at, sent_at, resend_count, expires_at)
SELECT id, position, 'COLLABORATION', sender, recipient, sender, recipient, email, email, inviter, 'Boss',
    'Hello from us', 'PENDING', false, false, 'AWAITING_APPROVAL', 'PENDING', 1, 1, {now}, {now}, '', {now}, {now}, 0,
    {now} + 2592000000000
FROM waiting;
INSERT INTO pair SELECT sender, recipient FROM waiting;
INSERT INTO log
SELECT position, gen_random_uuid(), sender, recipient, 'PARTNERSHIP_CHANGED', id, true,
    jsonb_build_object('partnership', id, 'kind', 'COLLABORATION', 'action', 'INVITED'), {now} FROM waiting;
INSERT INTO audit_entry
SELECT position, gen_random_uuid(), id, sender, recipient, 'INVITED', NULL, 'AWAITING_APPROVAL', NULL, 'PENDING',
    sender, inviter, false, '', '', false, '', {now} FROM waiting;
DROP TABLE waiting;
