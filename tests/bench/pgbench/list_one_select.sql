-- One select of the 20 partnerships that ListPartnerships answers, partners' names included: the least a database does.
\set v random(0, :viewer_count - 1)
\set a :viewers + :v
SELECT partnership.*, account.display_name
FROM (
    (SELECT * FROM partnership WHERE sender_account_id = lpad(:a, 32, '0')::uuid AND sender_view IS NOT NULL
     ORDER BY created_position DESC LIMIT 51)
    UNION ALL
    (SELECT * FROM partnership WHERE recipient_account_id = lpad(:a, 32, '0')::uuid AND recipient_view IS NOT NULL
     ORDER BY created_position DESC LIMIT 51)
) AS partnership
JOIN account ON account.id = CASE WHEN partnership.sender_account_id = lpad(:a, 32, '0')::uuid
    THEN partnership.recipient_account_id ELSE partnership.sender_account_id END
ORDER BY partnership.created_position DESC LIMIT 51;
