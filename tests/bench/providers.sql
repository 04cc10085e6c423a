INSERT INTO account
SELECT CAST(account AS uuid), -number, name, 'ACTIVE', 'ALLOW_ALL', '[]', 'KEEP', 0, 1, 1
FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r(number bigint, account text, name text);

INSERT INTO provider_profile
SELECT CAST(account AS uuid), number, name, description, to_jsonb(string_to_array(services, ' ')), '[]', '[]', '[]', '', true, 1, 0
FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r(number bigint, account text, name text, description text, services text);

INSERT INTO provider_index
SELECT number, CAST(account AS uuid), name, array_to_tsvector(string_to_array(words, ' '))
FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r(number bigint, account text, name text, words text);

INSERT INTO provider_posting
SELECT word, name, CAST(account AS uuid)
FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r(account text, name text, words text),
    string_to_table(words, ' ') AS word
WHERE left(word, 2) IN ('n_', 'v_')
ON CONFLICT DO NOTHING;

INSERT INTO provider_word
SELECT DISTINCT word FROM jsonb_to_recordset(CAST($1 AS jsonb)) AS r(name text, services text),
    string_to_table(name || ' ' || services, ' ') AS word
WHERE length(word) >= 4
ON CONFLICT DO NOTHING;
