-- Account 1 shares a folder with two partners: {few_account} with ten members, {crowd_account} with {crowd}, besides their
-- administrators.
INSERT INTO member (id, created_position, position, account_id, membership_id, email, email_key, display_name,
    profile, manage_partners, state, phone, title, locale, created_at, updated_at)
SELECT pg_temp.id({people} + n), -n, 1, pg_temp.id(CASE WHEN n <= 10 THEN {few_account} ELSE {crowd_account} END),
    pg_temp.id({people_stays} + n), 'person' || n || '@bench.example', 'person' || n || '@bench.example', 'Person',
    'OBSERVER', NULL, 'ACTIVE', '', '', '', {now}, {now}
FROM generate_series(1, 10 + {crowd}) AS n;

INSERT INTO membership SELECT membership_id, account_id, id, 1, NULL FROM member WHERE created_position < 0;

INSERT INTO partnership (id, created_position, kind, sender_account_id, recipient_account_id, pair_first, pair_second,
    invitee_email, invitee_key, inviter_member_id, inviter_display_name, message, state, sender_hid, recipient_hid,
    sender_view, recipient_view, sender_version, recipient_version, sender_updated_at, recipient_updated_at,
    reject_reason, created_at, sent_at, resend_count, expires_at, activated_at, activated_position)
SELECT pg_temp.id({people} - partner), 1, 'COLLABORATION', pg_temp.id(1), pg_temp.id(partner), pg_temp.id(1),
    pg_temp.id(partner), 'boss' || partner || '@bench.example', 'boss' || partner || '@bench.example', NULL, '', '',
    'ACTIVE', false, false, 'ACTIVE', 'ACTIVE', 2, 2, {now}, {now}, '', {now}, {now}, 0, NULL, {now}, 1
FROM unnest(ARRAY[{few_account}, {crowd_account}]) AS partner;

INSERT INTO shared_item (id, shared_position, owner_account_id, partner_account_id, partnership_id, item_type,
    external_id, item_key, title, version, created_at, updated_at)
SELECT pg_temp.id({people} - partner), 1, pg_temp.id(1), pg_temp.id(partner), pg_temp.id({people} - partner), 'FOLDER',
    'folder', '{item_key}', 'A folder', 1, {now}, {now}
FROM unnest(ARRAY[{few_account}, {crowd_account}]) AS partner;
