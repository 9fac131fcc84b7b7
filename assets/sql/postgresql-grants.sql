-- Answers with the statements that bring the rights of one role in this database to what is wanted:
-- the difference to the catalogue. Set before: brokeforge.role, brokeforge.level (none, read-only,
-- read-write, all) and brokeforge.makers (roles with commas, whose later objects count as well).
WITH
me AS (
  SELECT oid, rolname AS role, current_setting('brokeforge.level') AS level
  FROM pg_roles WHERE rolname = current_setting('brokeforge.role')),
levels(level, kind, privileges) AS (VALUES
  ('read-only', 'database', '{CONNECT}'::text[]),
  ('read-only', 'schema', '{USAGE}'),
  ('read-only', 'table', '{SELECT}'),
  ('read-only', 'sequence', '{SELECT}'),
  ('read-write', 'database', '{CONNECT,TEMPORARY}'),
  ('read-write', 'schema', '{USAGE}'),
  ('read-write', 'table', '{SELECT,INSERT,UPDATE,DELETE}'),
  ('read-write', 'sequence', '{USAGE,SELECT}'),
  ('all', 'database', '{CONNECT,TEMPORARY,CREATE}'),
  ('all', 'schema', '{USAGE,CREATE}'),
  ('all', 'table', '{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'),
  ('all', 'sequence', '{USAGE,SELECT,UPDATE}')),
wanted AS (
  SELECT l.kind, p.privilege FROM me JOIN levels l USING (level), unnest(l.privileges) p(privilege)),
spaces AS (
  SELECT n.oid, n.nspname, n.nspowner, n.nspacl FROM pg_namespace n
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'),
-- what there is: its kind, what ALTER and GRANT call it, its owner, its rights
things AS (
  SELECT 'database' AS kind, format('DATABASE %I', d.datname) AS word, d.datdba AS owner,
      coalesce(d.datacl, acldefault('d', d.datdba)) AS acl
    FROM pg_database d WHERE d.datname = current_database()
  UNION ALL
  SELECT 'schema', format('SCHEMA %I', s.nspname), s.nspowner,
      coalesce(s.nspacl, acldefault('n', s.nspowner)) FROM spaces s
  UNION ALL
  SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END,
      format(CASE c.relkind WHEN 'S' THEN 'ALL SEQUENCES IN SCHEMA %I' ELSE 'ALL TABLES IN SCHEMA %I' END,
        s.nspname), c.relowner,
      coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))
    FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S')),
-- an owner has everything anyhow
others AS (SELECT t.* FROM things t, me WHERE t.owner <> me.oid),
makers AS (
  SELECT r.oid, r.rolname FROM pg_roles r, me
  WHERE r.oid <> me.oid AND (
    r.rolname = ANY (string_to_array(current_setting('brokeforge.makers'), ','))
    OR r.oid = (SELECT datdba FROM pg_database WHERE datname = current_database()))),
later AS (
  SELECT CASE d.defaclobjtype WHEN 'r' THEN 'table' WHEN 'S' THEN 'sequence' WHEN 'n' THEN 'schema' END
      AS kind, d.defaclrole, d.defaclnamespace, a.privilege_type AS privilege
    FROM pg_default_acl d, aclexplode(d.defaclacl) a, me
    WHERE a.grantee = me.oid AND d.defaclrole <> me.oid AND d.defaclobjtype IN ('r', 'S', 'n')),
plural(kind, word) AS (VALUES ('table', 'TABLES'), ('sequence', 'SEQUENCES'), ('schema', 'SCHEMAS'))
SELECT format('%s%s%s', before, string_agg(DISTINCT privilege, ', '), after) FROM (
  SELECT 1, 'REVOKE ', a.privilege_type, format(' ON %s FROM %I;', t.word, me.role)
    FROM others t, aclexplode(t.acl) a, me
    WHERE a.grantee = me.oid
      AND (t.kind, a.privilege_type) NOT IN (SELECT kind, privilege FROM wanted)
      -- newer versions have more of them
      AND NOT (me.level = 'all' AND t.kind = 'table')
  UNION ALL
  SELECT 1, 'REVOKE GRANT OPTION FOR ', a.privilege_type, format(' ON %s FROM %I;', t.word, me.role)
    FROM others t, aclexplode(t.acl) a, me
    WHERE a.grantee = me.oid AND a.is_grantable
  UNION ALL
  SELECT 1, 'REVOKE ', quote_ident(r.rolname), format(' FROM %I;', me.role)
    FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid, me WHERE m.member = me.oid
  UNION ALL
  SELECT 1, 'REVOKE ', format('ALL (%I)', c.attname),
      format(' ON TABLE %I.%I FROM %I;', s.nspname, r.relname, me.role)
    FROM pg_attribute c JOIN pg_class r ON r.oid = c.attrelid JOIN spaces s ON s.oid = r.relnamespace,
      aclexplode(c.attacl) a, me
    WHERE a.grantee = me.oid AND r.relowner <> me.oid
  UNION ALL
  SELECT 1, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I REVOKE ', r.rolname, n.nspname),
      l.privilege, format(' ON %s FROM %I;', p.word, me.role)
    FROM later l JOIN plural p USING (kind) JOIN pg_roles r ON r.oid = l.defaclrole
      JOIN pg_namespace n ON n.oid = l.defaclnamespace, me
  UNION ALL
  SELECT 1, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE ', r.rolname), l.privilege,
      format(' ON %s FROM %I;', p.word, me.role)
    FROM later l JOIN plural p USING (kind) JOIN pg_roles r ON r.oid = l.defaclrole, me
    WHERE l.defaclnamespace = 0 AND NOT (
      l.defaclrole IN (SELECT oid FROM makers)
      AND ((l.kind, l.privilege) IN (SELECT kind, privilege FROM wanted)
        OR me.level = 'all' AND l.kind = 'table'))
  UNION ALL
  SELECT 2, 'GRANT ', w.privilege, format(' ON %s TO %I;', t.word, me.role)
    FROM others t JOIN wanted w USING (kind), me
    WHERE NOT EXISTS (SELECT FROM aclexplode(t.acl) a
      WHERE a.grantee = me.oid AND a.privilege_type = w.privilege)
  UNION ALL
  SELECT 2, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT ', m.rolname), w.privilege,
      format(' ON %s TO %I;', p.word, me.role)
    FROM makers m, wanted w JOIN plural p USING (kind), me
    WHERE NOT EXISTS (SELECT FROM later l WHERE l.defaclrole = m.oid AND l.defaclnamespace = 0
      AND l.kind = w.kind AND l.privilege = w.privilege)
) AS statements(place, before, privilege, after)
GROUP BY place, before, after ORDER BY place, before, after
