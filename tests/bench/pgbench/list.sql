-- The statements of one ListPartnerships, as the service sends them (by a manager with 20 partners).
-- Captured with log_min_duration_statement = 0; capture again when the service sends others. Ids are decimal numbers,
-- padded to 32 digits; every value that the service binds is bound here too, where plans can depend on it.
\set v random(0, :viewer_count - 1)
\set a :viewers + :v
\set m :a + :members
SELECT member.account_id, member.state, member.profile, member.manage_partners, member.display_name, account.state
    AS home_state FROM member LEFT JOIN account ON member.account_id = account.id WHERE member.id = lpad(:m, 32,
    '0')::uuid LIMIT :one;
SELECT * FROM (SELECT partnership.id, partnership.created_position, partnership.kind, partnership.sender_account_id,
    partnership.recipient_account_id, partnership.pair_first, partnership.pair_second, partnership.invitee_email,
    partnership.invitee_key, partnership.inviter_member_id, partnership.inviter_display_name, partnership.message,
    partnership.state, partnership.sender_hid, partnership.recipient_hid, partnership.sender_view,
    partnership.recipient_view, partnership.sender_version, partnership.recipient_version,
    partnership.sender_updated_at, partnership.recipient_updated_at, partnership.reject_reason, partnership.created_at,
    partnership.sent_at, partnership.resend_count, partnership.expires_at, partnership.activated_at,
    partnership.activated_position, partnership.ended_at, partnership.ended_position, partnership.ended_sender_retention, partnership.ended_recipient_retention, partnership.ended_sender_name, partnership.ended_recipient_name, (SELECT account.display_name FROM account WHERE
    account.id = partnership.recipient_account_id) AS partner_name FROM partnership WHERE partnership.sender_account_id =
    lpad(:a, 32, '0')::uuid AND partnership.sender_view IS NOT NULL ORDER BY partnership.created_position DESC LIMIT :page) AS side
    UNION ALL (SELECT * FROM (SELECT partnership.id, partnership.created_position, partnership.kind, partnership.sender_account_id,
    partnership.recipient_account_id, partnership.pair_first, partnership.pair_second, partnership.invitee_email,
    partnership.invitee_key, partnership.inviter_member_id, partnership.inviter_display_name, partnership.message,
    partnership.state, partnership.sender_hid, partnership.recipient_hid, partnership.sender_view,
    partnership.recipient_view, partnership.sender_version, partnership.recipient_version,
    partnership.sender_updated_at, partnership.recipient_updated_at, partnership.reject_reason, partnership.created_at,
    partnership.sent_at, partnership.resend_count, partnership.expires_at, partnership.activated_at,
    partnership.activated_position, partnership.ended_at, partnership.ended_position, partnership.ended_sender_retention, partnership.ended_recipient_retention, partnership.ended_sender_name, partnership.ended_recipient_name, (SELECT account.display_name FROM account WHERE
    account.id = partnership.sender_account_id) AS partner_name FROM partnership WHERE partnership.recipient_account_id =
    lpad(:a, 32, '0')::uuid AND partnership.recipient_view IS NOT NULL ORDER BY partnership.created_position DESC LIMIT :page) AS side) ORDER BY created_position DESC LIMIT :page;
