-- Account 1 with {partners} partners, 2 and up, each with an administrator; above them one with a single partner.
CREATE FUNCTION pg_temp.id(number bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
AS $$ SELECT lpad(number::text, 32, '0')::uuid $$;

INSERT INTO account (id, created_position, display_name, state, receive_policy, blocked_account_ids,
    contact_retention, created_at, version, preferences_version)
SELECT pg_temp.id(a), 1 + a, 'Account ' || a, 'ACTIVE', 'ALLOW_ALL', '[]', 'KEEP', {now}, 1, 1
FROM generate_series(1, {partners} + 3) AS a;

INSERT INTO member (id, created_position, position, account_id, membership_id, email, email_key, display_name,
    profile, manage_partners, state, phone, title, locale, created_at, updated_at)
SELECT pg_temp.id({members} + a), 4 + {partners} + a, 4 + {partners} + a, pg_temp.id(a), pg_temp.id({stays} + a),
    'boss' || a || '@bench.example', 'boss' || a || '@bench.example', 'Boss', 'ADMINISTRATOR', NULL, 'ACTIVE',
    '', '', '', {now}, {now}
FROM generate_series(1, {partners} + 3) AS a;

INSERT INTO address SELECT email_key, id FROM member;
INSERT INTO membership SELECT membership_id, account_id, id, position, NULL FROM member;
INSERT INTO member_version (membership_id, from_position, to_position, email, display_name, state, phone, title, locale,
    account_id, email_key, email_fold, name_fold, at)
SELECT membership_id, position, NULL, email, display_name, state, phone, title, locale, account_id, email_key, email,
    lower(display_name), {now}
FROM member;

INSERT INTO partnership (id, created_position, kind, sender_account_id, recipient_account_id, pair_first, pair_second,
    invitee_email, invitee_key, inviter_member_id, inviter_display_name, message, state, sender_hid, recipient_hid,
    sender_view, recipient_view, sender_version, recipient_version, sender_updated_at, recipient_updated_at,
    reject_reason, created_at, sent_at, resend_count, expires_at, activated_at, activated_position)
SELECT pg_temp.id({partnerships} + j), 7 + 2 * {partners} + j, 'COLLABORATION', pg_temp.id(s), pg_temp.id(r),
    pg_temp.id(s), pg_temp.id(r), 'boss' || r || '@bench.example',
    'boss' || r || '@bench.example', pg_temp.id({members} + s), 'Boss', 'Hello from us', 'ACTIVE', false, false,
    'ACTIVE', 'ACTIVE', 2, 2, {now}, {now}, '', {now}, {now}, 0, {now} + 2592000000000, {now},
    8 + 3 * {partners} + j
FROM (
    SELECT j, CASE WHEN j > {partners} THEN {partners} + 2 ELSE 1 END AS s,
        CASE WHEN j > {partners} THEN {partners} + 3 ELSE 1 + j END AS r
    FROM generate_series(1, {partners} + 1) AS j
) AS partners;

INSERT INTO pair SELECT pair_first, pair_second FROM partnership;

INSERT INTO log
SELECT created_position, gen_random_uuid(), id, NULL::uuid, 'ACCOUNT_CREATED', id, true, '{}', {now} FROM account
UNION ALL
SELECT position, gen_random_uuid(), account_id, NULL::uuid, 'MEMBER_ADDED', id, true,
    jsonb_build_object('member', id, 'membership', membership_id, 'email', email, 'display_name', display_name,
        'state', state, 'phone', phone, 'title', title, 'locale', locale), {now} FROM member
UNION ALL
SELECT created_position, gen_random_uuid(), sender_account_id, recipient_account_id, 'PARTNERSHIP_CHANGED', id, true,
    jsonb_build_object('partnership', id, 'kind', kind, 'action', 'INVITED'), {now} FROM partnership
UNION ALL
SELECT activated_position, gen_random_uuid(), sender_account_id, recipient_account_id, 'PARTNER_ACTIVATED', id, true,
    jsonb_build_object('partnership', id, 'kind', kind, 'action', 'ACCEPTED'), {now} FROM partnership;
