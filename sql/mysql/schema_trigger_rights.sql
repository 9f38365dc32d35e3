-- One row: who we are, the version, whether a trigger needs the rights of an administrator to be made (a binlog is written
-- and users are not trusted), rights that would be enough to make one for somebody else.
SELECT CAST(CURRENT_USER() AS CHAR), CAST(VERSION() AS CHAR), @@global.log_bin AND NOT @@global.log_bin_trust_function_creators,
       (SELECT CAST(GROUP_CONCAT(p.privilege_type) AS CHAR) FROM information_schema.user_privileges p
        WHERE p.grantee = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')
          AND p.privilege_type IN ('SUPER', 'SET USER', 'SET_USER_ID', 'SET_ANY_DEFINER'))
