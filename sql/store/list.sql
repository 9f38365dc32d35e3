-- Every entry, the newest first; those of one moment in the order they were written.
SELECT id, asked_at, ended_at, state, caller, os_user, host, pid, tty, version, profile, account, region, environment, kind,
  arn, name, preview, precondition, aws_command, confirmed_by, request_id, outcome
FROM audit ORDER BY asked_at DESC, rowid DESC
