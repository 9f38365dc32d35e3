-- One row a setting that says how changes are kept: name, value. What a version does not have is not there.
SHOW GLOBAL VARIABLES
WHERE Variable_name IN ('log_bin', 'binlog_format', 'binlog_row_image', 'binlog_expire_logs_seconds', 'expire_logs_days')
