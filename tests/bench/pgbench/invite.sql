-- The statements of one InvitePartner, as the service sends them (a registered person whose account the sender never met).
-- Captured with log_min_duration_statement = 0; capture again when the service sends others. Ids are decimal numbers,
-- padded to 32 digits; every value that the service binds is bound here too, where plans can depend on it.
\set k :k + 1
\set n :base + :k * :clients + :client_id
\set s 1 + :n % :senders
\set r :senders + 1 + (:n / :senders + :n % :senders) % :recipients
\set sm :s + :members
\set rm :r + :members
\set id random(1000000000000000000, 9000000000000000000)
SELECT member.account_id, member.state, member.profile, member.manage_partners, member.display_name, account.state
    AS home_state FROM member LEFT JOIN account ON member.account_id = account.id WHERE member.id = lpad(:sm, 32,
    '0')::uuid LIMIT :one;
BEGIN;
SELECT address.member_id FROM address WHERE address.email_key = ANY (ARRAY['boss'::text || :r || '@bench.example']) AND
    address.member_id IS NOT NULL;
SELECT member.email_key, member.id, member.account_id FROM member WHERE member.id = ANY
    (ARRAY[lpad(:rm, 32, '0')::uuid]) AND member.state <> :removed;
SELECT account.id, account.created_position, account.display_name, account.state, account.receive_policy,
    account.blocked_account_ids, account.contact_retention, account.created_at, account.version,
    account.preferences_version FROM account WHERE account.id = ANY (ARRAY[lpad(:r, 32, '0')::uuid]);
SELECT account.id, account.created_position, account.display_name, account.state, account.receive_policy,
    account.blocked_account_ids, account.contact_retention, account.created_at, account.version,
    account.preferences_version FROM account WHERE account.id IN (lpad(:s, 32, '0')::uuid, lpad(:r, 32, '0')::uuid)
    ORDER BY account.id ASC FOR SHARE;
SELECT member.account_id, member.state, member.profile, member.manage_partners, member.display_name, account.state
    AS home_state FROM member LEFT JOIN account ON member.account_id = account.id WHERE member.id = lpad(:sm, 32,
    '0')::uuid LIMIT :one;
INSERT INTO invitation_usage (account_id, day, sent, refused) VALUES (lpad(:s, 32, '0')::uuid, :day, 0, 0)
    ON CONFLICT (account_id, day) DO UPDATE SET day = excluded.day WHERE 1 = 0;
INSERT INTO address (email_key, member_id) VALUES ('boss'::text || :r || '@bench.example', NULL) ON CONFLICT (email_key) DO UPDATE SET email_key = excluded.email_key WHERE 1 = 0;
SELECT address.member_id FROM address WHERE address.email_key = ANY (ARRAY['boss'::text || :r || '@bench.example']) AND
    address.member_id IS NOT NULL;
SELECT member.email_key, member.id, member.account_id FROM member WHERE member.id = ANY
    (ARRAY[lpad(:rm, 32, '0')::uuid]) AND member.state <> :removed;
INSERT INTO pair (low_account_id, high_account_id) VALUES (lpad(:s, 32, '0')::uuid, lpad(:r, 32, '0')::uuid) ON CONFLICT (low_account_id, high_account_id) DO UPDATE SET low_account_id = excluded.low_account_id WHERE 1 = 0;
SELECT partnership.id, partnership.created_position, partnership.kind, partnership.sender_account_id,
    partnership.recipient_account_id, partnership.pair_first, partnership.pair_second, partnership.invitee_email,
    partnership.invitee_key, partnership.inviter_member_id, partnership.inviter_display_name, partnership.message,
    partnership.state, partnership.sender_hid, partnership.recipient_hid, partnership.sender_view,
    partnership.recipient_view, partnership.sender_version, partnership.recipient_version,
    partnership.sender_updated_at, partnership.recipient_updated_at, partnership.reject_reason, partnership.created_at,
    partnership.sent_at, partnership.resend_count, partnership.expires_at, partnership.activated_at,
    partnership.activated_position, partnership.ended_at, partnership.ended_position, partnership.ended_sender_retention, partnership.ended_recipient_retention, partnership.ended_sender_name, partnership.ended_recipient_name,
    partnership.admin_roles, partnership.role_seconds, partnership.auto_extend, partnership.roles_until, partnership.roles_end, partnership.roles_due_at FROM partnership WHERE
    (partnership.sender_account_id = lpad(:s, 32, '0')::uuid AND partnership.invitee_key = 'boss'::text || :r ||
    '@bench.example' AND partnership.kind = :kind AND (partnership.sender_view IS NOT NULL OR partnership.recipient_view
    IS NOT NULL OR (partnership.state IN (:rejected, :deleted) AND (partnership.sender_hid = :no OR
    partnership.recipient_hid = :no)))) OR ((partnership.pair_first = lpad(:s, 32, '0')::uuid AND
    partnership.pair_second = lpad(:r, 32, '0')::uuid AND partnership.kind = :kind AND (partnership.sender_view IS NOT
    NULL OR partnership.recipient_view IS NOT NULL OR (partnership.state IN (:rejected, :deleted) AND
    (partnership.sender_hid = :no OR partnership.recipient_hid = :no)))) OR (partnership.pair_first = lpad(:r, 32,
    '0')::uuid AND partnership.pair_second = lpad(:s, 32, '0')::uuid AND partnership.kind = :kind AND
    (partnership.sender_view IS NOT NULL OR partnership.recipient_view IS NOT NULL OR (partnership.state IN (:rejected,
    :deleted) AND (partnership.sender_hid = :no OR partnership.recipient_hid = :no))))) ORDER BY partnership.id ASC FOR
    UPDATE;
SELECT invitation_usage.sent, invitation_usage.refused, (SELECT COUNT(id) FROM partnership WHERE
    partnership.sender_account_id = lpad(:s, 32, '0')::uuid AND partnership.state = 'PENDING' AND
    (partnership.expires_at IS NULL OR partnership.expires_at > :now)) AS open FROM invitation_usage WHERE
    invitation_usage.account_id = lpad(:s, 32, '0')::uuid AND invitation_usage.day = :day LIMIT :one;
SELECT member.id, member.created_position, member.position, member.account_id, member.membership_id, member.email,
    member.email_key, member.display_name, member.profile, member.manage_partners, member.state, member.phone,
    member.title, member.locale, member.created_at, member.updated_at FROM member WHERE member.id = ANY
    (ARRAY[lpad(:rm, 32, '0')::uuid]);
INSERT INTO mail_usage (email_key, day, letters) VALUES ('boss'::text || :r || '@bench.example', :day, 1) ON CONFLICT
    (email_key, day) DO UPDATE SET letters = mail_usage.letters + excluded.letters RETURNING email_key, letters;
SELECT log_head.id FROM log_head LIMIT :one FOR UPDATE;
SELECT MAX(position) AS highest FROM log LIMIT :one \gset
\set position :highest + 1
INSERT INTO "log" ("position", "event_id", "account_id", "counterpart_account_id", "kind", "subject_id",
    "last_of_change", "payload", "at") VALUES (:position, gen_random_uuid(), lpad(:s, 32, '0')::uuid, lpad(:r, 32,
    '0')::uuid, 'PARTNERSHIP_CHANGED', lpad(:id, 32, '0')::uuid, true, ('{"kind": "COLLABORATION", "action": "INVITED",
    "partnership": "' || lpad(:id, 32, '0') || '"}')::jsonb, :now);
INSERT INTO audit_entry (position, id, partnership_id, sender_account_id, recipient_account_id, action, sender_from,
    sender_to, recipient_from, recipient_to, actor_account_id, actor_member_id, actor_is_operator, operator_name,
    reason, reason_shared, request_id, created_at) VALUES (:position, gen_random_uuid(), lpad(:id, 32, '0')::uuid,
    lpad(:s, 32, '0')::uuid, lpad(:r, 32, '0')::uuid, 'INVITED', NULL, 'AWAITING_APPROVAL', NULL, 'PENDING', lpad(:s,
    32, '0')::uuid, lpad(:sm, 32, '0')::uuid, false, '', '', false, '', :now);
INSERT INTO mail (id, kind, state, recipient, language, letter, partnership_id, sending, attempts, due_at, last_error,
    version, created_at, queued_at, updated_at) VALUES (gen_random_uuid(), 'INVITATION', 'QUEUED', 'boss'::text || :r ||
    '@bench.example', 'en', '{"Invitation": {"partner_type": "COLLABORATION", "sender_account": "Account ' || :s::text ||
    '", "inviter": "Boss", "message": "Hello from us", "admin_roles": [], "role_days": null, "role_extends": false,
    "expires_at": ' || :expires::text || '}}', lpad(:id, 32, '0')::uuid, 0, 0, :expires, '', 1, :now, :now, :now);
INSERT INTO partnership (id, created_position, kind, sender_account_id, recipient_account_id, pair_first,
    pair_second, invitee_email, invitee_key, inviter_member_id, inviter_display_name, message, state, sender_hid,
    recipient_hid, sender_view, recipient_view, sender_version, recipient_version, sender_updated_at,
    recipient_updated_at, reject_reason, created_at, sent_at, resend_count, expires_at, activated_at,
    activated_position, ended_at, ended_position, ended_sender_retention, ended_recipient_retention, ended_sender_name, ended_recipient_name,
    admin_roles, role_seconds, auto_extend, roles_until, roles_end, roles_due_at) VALUES (lpad(:id, 32, '0')::uuid, :position, 'COLLABORATION', lpad(:s,
    32, '0')::uuid, lpad(:r, 32, '0')::uuid, lpad(:s, 32, '0')::uuid, lpad(:r, 32, '0')::uuid, 'boss'::text || :r ||
    '@bench.example', 'boss'::text || :r || '@bench.example', lpad(:sm, 32, '0')::uuid, 'Boss', 'Hello from us',
    'PENDING', false, false, 'AWAITING_APPROVAL', 'PENDING', '1', '1', :now, :now, '', :now, :now, '0', :expires, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]', NULL, false, NULL, NULL, NULL) ON CONFLICT (id) DO UPDATE SET created_position = excluded.created_position, kind = excluded.kind,
    sender_account_id = excluded.sender_account_id, recipient_account_id = excluded.recipient_account_id, pair_first =
    excluded.pair_first, pair_second = excluded.pair_second, invitee_email = excluded.invitee_email, invitee_key =
    excluded.invitee_key, inviter_member_id = excluded.inviter_member_id, inviter_display_name =
    excluded.inviter_display_name, message = excluded.message, state = excluded.state, sender_hid = excluded.sender_hid,
    recipient_hid = excluded.recipient_hid, sender_view = excluded.sender_view, recipient_view =
    excluded.recipient_view, sender_version = excluded.sender_version, recipient_version = excluded.recipient_version,
    sender_updated_at = excluded.sender_updated_at, recipient_updated_at = excluded.recipient_updated_at, reject_reason
    = excluded.reject_reason, created_at = excluded.created_at, sent_at = excluded.sent_at, resend_count =
    excluded.resend_count, expires_at = excluded.expires_at, activated_at = excluded.activated_at, activated_position =
    excluded.activated_position, ended_at = excluded.ended_at, ended_position = excluded.ended_position, ended_sender_retention = excluded.ended_sender_retention, ended_recipient_retention = excluded.ended_recipient_retention, ended_sender_name = excluded.ended_sender_name, ended_recipient_name = excluded.ended_recipient_name,
    admin_roles = excluded.admin_roles, role_seconds = excluded.role_seconds, auto_extend = excluded.auto_extend, roles_until = excluded.roles_until, roles_end = excluded.roles_end, roles_due_at = excluded.roles_due_at;
UPDATE invitation_usage SET sent = sent + :one WHERE invitation_usage.account_id = lpad(:s, 32, '0')::uuid AND
    invitation_usage.day = :day;
COMMIT;
