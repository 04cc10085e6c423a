-- The statements of one ListPartnerships, as the service sends them (by a manager with 20 partners).
-- Captured with log_min_duration_statement = 0; capture again when the service sends others. Ids are decimal numbers,
-- padded to 32 digits; every value that the service binds is bound here too, where plans can depend on it.
\set v random(0, :viewer_count - 1)
\set a :viewers + :v
\set m :a + :members
\set p1 :viewers + (:v + 1) % :viewer_count
\set p2 :viewers + (:v + 2) % :viewer_count
\set p3 :viewers + (:v + 3) % :viewer_count
\set p4 :viewers + (:v + 4) % :viewer_count
\set p5 :viewers + (:v + 5) % :viewer_count
\set p6 :viewers + (:v + 6) % :viewer_count
\set p7 :viewers + (:v + 7) % :viewer_count
\set p8 :viewers + (:v + 8) % :viewer_count
\set p9 :viewers + (:v + 9) % :viewer_count
\set p10 :viewers + (:v + 10) % :viewer_count
\set p11 :viewers + (:v + :viewer_count - 1) % :viewer_count
\set p12 :viewers + (:v + :viewer_count - 2) % :viewer_count
\set p13 :viewers + (:v + :viewer_count - 3) % :viewer_count
\set p14 :viewers + (:v + :viewer_count - 4) % :viewer_count
\set p15 :viewers + (:v + :viewer_count - 5) % :viewer_count
\set p16 :viewers + (:v + :viewer_count - 6) % :viewer_count
\set p17 :viewers + (:v + :viewer_count - 7) % :viewer_count
\set p18 :viewers + (:v + :viewer_count - 8) % :viewer_count
\set p19 :viewers + (:v + :viewer_count - 9) % :viewer_count
\set p20 :viewers + (:v + :viewer_count - 10) % :viewer_count
SELECT member.id, member.created_position, member.position, member.account_id, member.membership_id, member.email,
    member.email_key, member.display_name, member.profile, member.manage_partners, member.state, member.phone,
    member.title, member.locale, member.created_at, member.updated_at FROM member WHERE member.id = lpad(:m, 32,
    '0')::uuid LIMIT :one;
SELECT account.id, account.created_position, account.display_name, account.state, account.receive_policy,
    account.blocked_account_ids, account.contact_retention, account.created_at, account.version,
    account.preferences_version FROM account WHERE account.id = lpad(:a, 32, '0')::uuid LIMIT :one;
SELECT partnership.id, partnership.created_position, partnership.kind, partnership.sender_account_id,
    partnership.recipient_account_id, partnership.pair_first, partnership.pair_second, partnership.invitee_email,
    partnership.invitee_key, partnership.inviter_member_id, partnership.inviter_display_name, partnership.message,
    partnership.state, partnership.sender_hid, partnership.recipient_hid, partnership.sender_view,
    partnership.recipient_view, partnership.sender_version, partnership.recipient_version,
    partnership.sender_updated_at, partnership.recipient_updated_at, partnership.reject_reason, partnership.created_at,
    partnership.sent_at, partnership.resend_count, partnership.expires_at, partnership.activated_at,
    partnership.activated_position, partnership.ended_at, partnership.ended_position FROM partnership WHERE
    partnership.sender_account_id = lpad(:a, 32, '0')::uuid AND partnership.sender_view IS NOT NULL ORDER BY
    partnership.created_position DESC LIMIT :page;
SELECT partnership.id, partnership.created_position, partnership.kind, partnership.sender_account_id,
    partnership.recipient_account_id, partnership.pair_first, partnership.pair_second, partnership.invitee_email,
    partnership.invitee_key, partnership.inviter_member_id, partnership.inviter_display_name, partnership.message,
    partnership.state, partnership.sender_hid, partnership.recipient_hid, partnership.sender_view,
    partnership.recipient_view, partnership.sender_version, partnership.recipient_version,
    partnership.sender_updated_at, partnership.recipient_updated_at, partnership.reject_reason, partnership.created_at,
    partnership.sent_at, partnership.resend_count, partnership.expires_at, partnership.activated_at,
    partnership.activated_position, partnership.ended_at, partnership.ended_position FROM partnership WHERE
    partnership.recipient_account_id = lpad(:a, 32, '0')::uuid AND partnership.recipient_view IS NOT NULL ORDER BY
    partnership.created_position DESC LIMIT :page;
SELECT account.id, account.display_name FROM account WHERE account.id IN (lpad(:p1, 32, '0')::uuid, lpad(:p2, 32,
    '0')::uuid, lpad(:p3, 32, '0')::uuid, lpad(:p4, 32, '0')::uuid, lpad(:p5, 32, '0')::uuid, lpad(:p6, 32, '0')::uuid,
    lpad(:p7, 32, '0')::uuid, lpad(:p8, 32, '0')::uuid, lpad(:p9, 32, '0')::uuid, lpad(:p10, 32, '0')::uuid, lpad(:p11,
    32, '0')::uuid, lpad(:p12, 32, '0')::uuid, lpad(:p13, 32, '0')::uuid, lpad(:p14, 32, '0')::uuid, lpad(:p15, 32,
    '0')::uuid, lpad(:p16, 32, '0')::uuid, lpad(:p17, 32, '0')::uuid, lpad(:p18, 32, '0')::uuid, lpad(:p19, 32,
    '0')::uuid, lpad(:p20, 32, '0')::uuid);
