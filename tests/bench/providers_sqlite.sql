INSERT INTO account
SELECT unhex(value ->> 'account'), -(value ->> 'number'), value ->> 'name', 'ACTIVE', 'ALLOW_ALL', '[]', 'KEEP', 0, 1, 1
FROM json_each($1);

INSERT INTO provider_profile
SELECT unhex(value ->> 'account'), value ->> 'number', value ->> 'name', value ->> 'description', '["service"]', '[]', '[]', '[]', '', true, 1, 0
FROM json_each($1);

INSERT INTO provider_index
SELECT value ->> 'number', unhex(value ->> 'account'), value ->> 'name', ' ' || (value ->> 'words') || ' '
FROM json_each($1);

INSERT INTO provider_words (rowid, words)
SELECT value ->> 'number', value ->> 'words' FROM json_each($1);

INSERT OR IGNORE INTO provider_posting
SELECT word.value, r.value ->> 'name', unhex(r.value ->> 'account')
FROM json_each($1) AS r, json_each('["' || replace(r.value ->> 'words', ' ', '","') || '"]') AS word
WHERE substr(word.value, 1, 2) IN ('n_', 'v_');

INSERT OR IGNORE INTO provider_word
SELECT word.value FROM json_each($1) AS r,
    json_each('["' || replace((r.value ->> 'name') || ' ' || (r.value ->> 'services'), ' ', '","') || '"]') AS word
WHERE length(word.value) >= 4;
