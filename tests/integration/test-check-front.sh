#!/bin/sh
# SPDX-License-Identifier: MIT
# rida-admin check-front: the shipped configurations pass; one that hands on names which nobody has
# checked fails, and so does one where the answers tell nothing.
. "${top_srcdir:?}/tests/lib/env.sh"
. "$top_srcdir/tests/integration/ask.sh"
need curl

admin() {
	"$top_builddir/scheduler/rida-admin" --config "$RIDA_CONFIG" check-front "$1" >"$T/found" 2>&1
}

# serve [KEY: VALUE...]: new pools with this configuration.
serve() {
	for pool in ${READ_PID:-} ${SUBMIT_PID:-}; do
		stop "$pool"
	done
	write_config 'auth: front' 'admins: [admin]' 'builder: memory' "$@"
	[ -n "${MIGRATED:-}" ] || migrate_db
	MIGRATED=yes
	start_pool read --workers 2
	READ_PID=$LAUNCHED
	start_pool submit --submit
	SUBMIT_PID=$LAUNCHED
}

# nginx_with IDENTITY-LINES...: nginx with these lines in place of the shipped identity.
nginx_with() {
	[ -z "${NGINX_PID:-}" ] || stop "$NGINX_PID"
	unset NGINX_PORT
	if [ $# -gt 0 ]; then
		printf '%s\n' "$@" >"$T/identity.conf"
		IDENTITY=$T/identity.conf
	else
		IDENTITY=
	fi
	start_nginx
}

# passes WHAT URL, fails WHAT URL STATUS TEXT: what check-front says.
passes() {
	admin "$2" || fail "$1: $(cat "$T/found")"
	grep -q 'forged requests were answered 401' "$T/found" || fail "$1: $(cat "$T/found")"
}
fails() {
	status=0
	admin "$2" || status=$?
	[ "$status" -eq "$3" ] || fail "$1: status $status instead of $3: $(cat "$T/found")"
	grep -q "$4" "$T/found" || fail "$1: $(cat "$T/found")"
}

start_mariadb
for submit_by in identified nobody; do
	serve "submit_by: $submit_by"
	nginx_with
	passes "nginx, $submit_by" "$NGINX_URL/rida/"
	AUTH=no
	nginx_with
	passes "nginx without identity, $submit_by" "$NGINX_URL/rida"
	AUTH=yes
	nginx_with 'fastcgi_param RIDA_AUTH_BY basic;' 'fastcgi_param REMOTE_USER $remote_user if_not_empty;'
	fails "a bad nginx, $submit_by" "$NGINX_URL/rida" 1 'PATCH .*Authorization: Basic .* is answered 404, not 401'
	nginx_with 'fastcgi_param RIDA_AUTH_BY basic;' 'fastcgi_param REMOTE_USER $http_x_remote_user if_not_empty;'
	fails "an nginx that believes a header, $submit_by" "$NGINX_URL/rida" 1 'X-Remote-User: admin'
	if command -v apache2 >/dev/null || command -v httpd >/dev/null; then
		start_apache
		passes "Apache, $submit_by" "$APACHE_URL/rida"
		stop "$APACHE_PID"
		unset APACHE_PORT
	fi
done
fails 'not the URL of rida' "$NGINX_URL" 1 'give the URL that ends in /rida'

serve 'submit_by: anyone'
AUTH=no
nginx_with
fails 'a front where anyone may post' "$NGINX_URL/rida" 1 'set submit_by to identified'
stop "$NGINX_PID"
fails 'no web server' "$NGINX_URL/rida" 75 'cannot be reached'
