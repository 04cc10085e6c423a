-- Account 1 has {count} members more.
CREATE TEMP TABLE newcomer AS
SELECT n, top + n AS position, lpad((4000000000 + n)::text, 32, '0')::uuid AS id,
    lpad((5000000000 + n)::text, 32, '0')::uuid AS stay, lpad('1', 32, '0')::uuid AS account,
    'person' || n || '@bench.example' AS email
FROM (SELECT max(position) AS top FROM log) AS head, generate_series(1, {count}) AS n;

INSERT INTO member (id, created_position, position, account_id, membership_id, email, email_key, display_name,
    profile, manage_partners, state, phone, title, locale, created_at, updated_at)
SELECT id, position, position, account, stay, email, email, 'Person', 'OBSERVER', NULL, 'ACTIVE', '', '', '', {now}, {now}
FROM newcomer;
INSERT INTO address SELECT email, id FROM newcomer;
INSERT INTO membership SELECT stay, account, id, position, NULL FROM newcomer;
INSERT INTO member_version (membership_id, from_position, to_position, email, display_name, state, phone, title, locale,
    account_id, email_key, email_fold, name_fold, at)
SELECT stay, position, NULL, email, 'Person', 'ACTIVE', '', '', '', account, email, email, 'person', {now} FROM newcomer;
INSERT INTO log
SELECT position, gen_random_uuid(), account, NULL, 'MEMBER_ADDED', id, true,
    jsonb_build_object('member', id, 'membership', stay, 'email', email, 'display_name', 'Person', 'state', 'ACTIVE',
        'phone', '', 'title', '', 'locale', ''), {now}
FROM newcomer;
DROP TABLE newcomer;
