-- Answers with the statements that bring the grants of one user to what is wanted: the difference
-- to the catalogue. Set before: @user, @host, @schemas and @privileges (words with commas; ALL for
-- all of them).
SET @who = CONCAT('''', @user, '''@''', @host, '''');
SET @every = (SELECT COUNT(*) - 1 FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'db' AND COLUMN_NAME LIKE '%\_priv');
SET @count = IF(@privileges = 'ALL', @every,
  1 + LENGTH(@privileges) - LENGTH(REPLACE(@privileges, ',', '')));
-- more than that on a wanted schema, or anything elsewhere
SELECT CONCAT('REVOKE ', PRIVILEGE_TYPE, ' ON `', REPLACE(TABLE_SCHEMA, '`', '``'), '`.* FROM ',
    @who, ';')
  FROM information_schema.SCHEMA_PRIVILEGES
  WHERE GRANTEE = @who AND PRIVILEGE_TYPE <> 'USAGE' AND NOT (
    FIND_IN_SET(REPLACE(TABLE_SCHEMA, '\\_', '_'), @schemas)
    -- one that is not escaped would count for schemas with similar names
    AND TABLE_SCHEMA = REPLACE(REPLACE(TABLE_SCHEMA, '\\_', '_'), '_', '\\_')
    AND (@privileges = 'ALL' OR FIND_IN_SET(PRIVILEGE_TYPE, @privileges)))
UNION
SELECT CONCAT('REVOKE GRANT OPTION ON `', REPLACE(TABLE_SCHEMA, '`', '``'), '`.* FROM ', @who, ';')
  FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = @who AND IS_GRANTABLE = 'YES'
UNION
SELECT CONCAT('REVOKE ', PRIVILEGE_TYPE, ' ON *.* FROM ', @who, ';')
  FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = @who AND PRIVILEGE_TYPE <> 'USAGE'
UNION
SELECT CONCAT('REVOKE GRANT OPTION ON *.* FROM ', @who, ';')
  FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = @who AND IS_GRANTABLE = 'YES'
UNION
SELECT CONCAT('REVOKE ', PRIVILEGE_TYPE, ' ON `', REPLACE(TABLE_SCHEMA, '`', '``'), '`.`',
    REPLACE(TABLE_NAME, '`', '``'), '` FROM ', @who, ';')
  FROM information_schema.TABLE_PRIVILEGES WHERE GRANTEE = @who
UNION
SELECT CONCAT('REVOKE ', PRIVILEGE_TYPE, ' (`', REPLACE(COLUMN_NAME, '`', '``'), '`) ON `',
    REPLACE(TABLE_SCHEMA, '`', '``'), '`.`', REPLACE(TABLE_NAME, '`', '``'), '` FROM ', @who, ';')
  FROM information_schema.COLUMN_PRIVILEGES WHERE GRANTEE = @who
UNION
SELECT CONCAT('REVOKE ALL PRIVILEGES ON ', Routine_type, ' `', REPLACE(Db, '`', '``'), '`.`',
    REPLACE(Routine_name, '`', '``'), '` FROM ', @who, ';')
  FROM mysql.procs_priv WHERE User = @user AND Host = @host
UNION
SELECT CONCAT('REVOKE `', REPLACE(Role, '`', '``'), '` FROM ', @who, ';')
  FROM mysql.roles_mapping WHERE User = @user AND Host = @host
UNION
SELECT CONCAT('GRANT ', IF(@privileges = 'ALL', 'ALL PRIVILEGES', REPLACE(@privileges, ',', ', ')),
    ' ON `', REPLACE(REPLACE(REPLACE(s.SCHEMA_NAME, '`', '``'), '_', '\\_'), '%', '\\%'),
    '`.* TO ', @who, ';')
  FROM information_schema.SCHEMATA s
  WHERE FIND_IN_SET(s.SCHEMA_NAME, @schemas) AND @count > (
    SELECT COUNT(*) FROM information_schema.SCHEMA_PRIVILEGES p
    WHERE p.GRANTEE = @who AND p.TABLE_SCHEMA = REPLACE(s.SCHEMA_NAME, '_', '\\_')
      AND (@privileges = 'ALL' OR FIND_IN_SET(p.PRIVILEGE_TYPE, @privileges)));
