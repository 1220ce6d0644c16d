#!/bin/sh
# SPDX-License-Identifier: MIT
# The shipped cron line, run by a real cron in its own environment, advances a build; what it says
# goes to syslog. cron reads fixed places, so it runs in a mount namespace where they are ours. An
# ordinary user cannot do that: then the line runs with cron's environment.
. "${top_srcdir:?}/tests/lib/env.sh"
need unshare

start_mariadb
write_config 'builder: memory' "memory_builder_file: $T/state/tasks.json"
migrate_db
sql "INSERT INTO builds (uuid, name, stream, version, context, state, state_reason, owner, scmurl, \`commit\`,
	builder, is_prepared, is_finished, submitted_at, modified_at)
	VALUES (UUID(), 'greetings', 'cron', 1, '00000000', 3, '', 'alice', 'git://h/greetings.git', REPEAT('a', 40),
	'memory', 1, 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));
	INSERT INTO claims (build_id, due_at, last_error) SELECT id, UTC_TIMESTAMP(6), '' FROM builds"

# What stands where the line looks for the program, and for syslog.
mkdir -p "$T/sbin" "$T/cron.d" "$T/spool/crontabs"
cat >"$T/sbin/rida-scheduler" <<END
#!/bin/sh
env >"$T/cron.environment"
echo "\$@" >"$T/cron.arguments"
exec "$top_builddir/scheduler/rida-scheduler" --config "$RIDA_CONFIG" "\$@"
END
cat >"$T/logger" <<END
#!/bin/sh
echo "\$@" >"$T/logger.arguments"
exec cat >>"$T/syslog"
END
chmod 0755 "$T/sbin/rida-scheduler" "$T/logger"
sed -e "s|@sbindir@|$T/sbin|g" -e "s|@scheduler_user@|root|g" "$top_srcdir/httpd-conf/rida.cron.in" >"$T/cron.d/rida"
chmod 0644 "$T/cron.d/rida"
: >"$T/crontab"

if [ "$(id -u)" -eq 0 ] && command -v cron >/dev/null && unshare -m true 2>/dev/null; then
	launch cron unshare -m --propagation private sh -euc '
		mount --bind "$1/cron.d" /etc/cron.d
		mount --bind "$1/crontab" /etc/crontab
		mount --bind "$1/spool" /var/spool/cron
		mount --bind "$1/logger" /usr/bin/logger
		mount -t tmpfs tmpfs /run
		exec cron -f' sh "$T"
else
	[ -z "${CI:-}" ] || [ "$(id -u)" -ne 0 ] || fail "cron is missing"
	line=$(sed -n 's/^\* \* \* \* \* root //p' "$T/cron.d/rida" | sed "s|logger |$T/logger |")
	launch cron env -i HOME=/ LOGNAME=nobody SHELL=/bin/sh PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c "$line"
fi

is_ready() {
	[ "$(sql 'SELECT state FROM builds')" = 5 ]
}
# The next minute begins within 60 seconds.
wait_for 90 is_ready || fail "no pass within 90 seconds: $(launched_log cron) $(cat "$T/syslog" 2>/dev/null)"
[ "$(cat "$T/cron.arguments")" = '--linger 55' ] || fail "called with: $(cat "$T/cron.arguments")"
[ "$(cat "$T/logger.arguments")" = '-t rida-scheduler' ] || fail "logged with: $(cat "$T/logger.arguments")"
! grep -q '^RIDA_' "$T/cron.environment" || fail "the environment was not cron's: $(cat "$T/cron.environment")"
# The pipe ends with the scheduler, which is asked to end; it does so cleanly.
pass=$(pgrep -f "rida-scheduler --config $RIDA_CONFIG" | head -n 1)
[ -n "$pass" ] || fail "the scheduler does not linger"
kill "$pass"
wait_for 35 sh -c "! kill -0 $pass" || fail "the scheduler did not end within 35 seconds"
