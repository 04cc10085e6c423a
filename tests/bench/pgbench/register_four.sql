-- The rows of one RegisterMember in as few statements as a client of its own could send: BEGIN, the head, everything,
-- COMMIT. Nothing is looked at that could be in the way.
\set a random(1, :senders + :recipients)
\set id random(1000000000000000000, 9000000000000000000)
\set stay random(1000000000000000000, 9000000000000000000)
BEGIN;
SELECT id FROM log_head LIMIT :one FOR UPDATE;
WITH person AS (
    SELECT (SELECT max(position) + 1 FROM log) AS position, lpad(:id, 32, '0')::uuid AS id,
        lpad(:stay, 32, '0')::uuid AS stay, lpad(:a, 32, '0')::uuid AS account,
        'person'::text || :id || '@bench.example' AS email
), addressed AS (
    INSERT INTO address (email_key, member_id) SELECT email, id FROM person
), logged AS (
    INSERT INTO log (position, event_id, account_id, kind, subject_id, last_of_change, payload, at)
    SELECT position, gen_random_uuid(), account, 'MEMBER_ADDED', id, true,
        ('{"email": "' || email || '", "phone": "", "state": "ACTIVE", "title": "", "locale": "", "member": "' || id ||
         '", "membership": "' || stay || '", "display_name": "Person"}')::jsonb, :now
    FROM person
), joined AS (
    INSERT INTO membership (id, account_id, member_id, joined_position) SELECT stay, account, id, position FROM person
), versioned AS (
    INSERT INTO member_version (membership_id, from_position, email, display_name, state, phone, title, locale,
        account_id, email_key, email_fold, name_fold, at)
    SELECT stay, position, email, 'Person', 'ACTIVE', '', '', '', account, email, email, 'person', :now FROM person
)
INSERT INTO member (id, created_position, position, account_id, membership_id, email, email_key, display_name, profile,
    state, phone, title, locale, created_at, updated_at)
SELECT id, position, position, account, stay, email, email, 'Person', 'OBSERVER', 'ACTIVE', '', '', '', :now, :now
FROM person;
COMMIT;
