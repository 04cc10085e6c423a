-- The statements of one RegisterMember, as the service sends them (by an operator, of a person nobody invited).
-- Captured with log_min_duration_statement = 0; capture again when the service sends others. Ids are decimal numbers,
-- padded to 32 digits; every value that the service binds is bound here too, where plans can depend on it.
\set a random(1, :senders + :recipients)
\set id random(1000000000000000000, 9000000000000000000)
\set stay random(1000000000000000000, 9000000000000000000)
BEGIN;
SELECT account.id, account.created_position, account.display_name, account.state, account.receive_policy,
    account.blocked_account_ids, account.contact_retention, account.created_at, account.version,
    account.preferences_version FROM account WHERE account.id IN (lpad(:a, 32, '0')::uuid) ORDER BY account.id ASC FOR
    SHARE;
INSERT INTO address (email_key, member_id) VALUES ('person'::text || :id || '@bench.example', NULL) ON CONFLICT (email_key) DO UPDATE SET email_key = excluded.email_key WHERE 1 = 0;
SELECT member.id, member.account_id FROM address INNER JOIN member ON address.member_id = member.id INNER JOIN
    account ON member.account_id = account.id WHERE address.email_key = 'person'::text || :id || '@bench.example' AND
    member.email_key = 'person'::text || :id || '@bench.example' AND member.state <> :removed AND account.state <>
    :closed LIMIT :one;
SELECT member.id, member.created_position, member.position, member.account_id, member.membership_id, member.email,
    member.email_key, member.display_name, member.profile, member.manage_partners, member.state, member.phone,
    member.title, member.locale, member.created_at, member.updated_at FROM member WHERE member.id = lpad(:id, 32,
    '0')::uuid LIMIT :one;
SELECT partnership.id, partnership.created_position, partnership.kind, partnership.sender_account_id,
    partnership.recipient_account_id, partnership.pair_first, partnership.pair_second, partnership.invitee_email,
    partnership.invitee_key, partnership.inviter_member_id, partnership.inviter_display_name, partnership.message,
    partnership.state, partnership.sender_hid, partnership.recipient_hid, partnership.sender_view,
    partnership.recipient_view, partnership.sender_version, partnership.recipient_version,
    partnership.sender_updated_at, partnership.recipient_updated_at, partnership.reject_reason, partnership.created_at,
    partnership.sent_at, partnership.resend_count, partnership.expires_at, partnership.activated_at,
    partnership.activated_position, partnership.ended_at, partnership.ended_position, partnership.ended_sender_retention, partnership.ended_recipient_retention, partnership.ended_sender_name, partnership.ended_recipient_name FROM partnership WHERE
    partnership.invitee_key = 'person'::text || :id || '@bench.example' AND partnership.recipient_account_id IS NULL AND
    partnership.state = 'PENDING';
SELECT log_head.id FROM log_head LIMIT :one FOR UPDATE;
SELECT MAX(position) AS highest FROM log LIMIT :one \gset
\set position :highest + 1
INSERT INTO "log" ("position", "event_id", "account_id", "counterpart_account_id", "kind", "subject_id",
    "last_of_change", "payload", "at") VALUES (:position, gen_random_uuid(), lpad(:a, 32, '0')::uuid, NULL,
    'MEMBER_ADDED', lpad(:id, 32, '0')::uuid, true, ('{"email": "person' || :id || '@bench.example", "phone": "",
    "state": "ACTIVE", "title": "", "locale": "", "member": "' || lpad(:id, 32, '0') || '", "membership": "' ||
    lpad(:stay, 32, '0') || '", "display_name": "Person"}')::jsonb, :now);
UPDATE address SET member_id = lpad(:id, 32, '0')::uuid WHERE address.email_key = 'person'::text || :id ||
    '@bench.example';
INSERT INTO membership (id, account_id, member_id, joined_position, left_position) VALUES (lpad(:stay, 32,
    '0')::uuid, lpad(:a, 32, '0')::uuid, lpad(:id, 32, '0')::uuid, :position, NULL);
INSERT INTO member_version (membership_id, from_position, to_position, email, display_name, state, phone, title,
    locale, account_id, email_key, email_fold, name_fold, at) VALUES (lpad(:stay, 32, '0')::uuid, :position, NULL, 'person'::text || :id || '@bench.example', 'Person',
    'ACTIVE', '', '', '', lpad(:a, 32, '0')::uuid, 'person'::text || :id || '@bench.example', 'person'::text || :id ||
    '@bench.example', 'person', :now);
INSERT INTO member (id, created_position, position, account_id, membership_id, email, email_key, display_name,
    profile, manage_partners, state, phone, title, locale, created_at, updated_at) VALUES (lpad(:id, 32, '0')::uuid,
    :position, :position, lpad(:a, 32, '0')::uuid, lpad(:stay, 32, '0')::uuid, 'person'::text || :id ||
    '@bench.example', 'person'::text || :id || '@bench.example', 'Person', 'OBSERVER', NULL, 'ACTIVE', '', '', '', :now,
    :now);
COMMIT;
