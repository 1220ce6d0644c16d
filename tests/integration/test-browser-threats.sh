#!/bin/sh
# SPDX-License-Identifier: MIT
# What strangers' texts, logs and pages can do in a browser. The front end leaves out the policy that
# rida sends, so that nothing but escaping stands between a text and its running.
. "${top_srcdir:?}/tests/lib/env.sh"
FRONT=nginx
. "$top_srcdir/tests/integration/ask.sh"
need python3 nginx chromium chromedriver

mkdir -p "$T/control" "$T/conf"
echo '<!DOCTYPE html><title>frames</title><body>' >"$T/control/frames.html"
NGINX_EXTRA=$T/conf/control.conf
cat >"$NGINX_EXTRA" <<-END
	fastcgi_hide_header Content-Security-Policy;
	location /control/ {
		alias $T/control/;
		types { text/html html; }
	}
END
start_mariadb
write_config 'auth: front' 'submit_by: identified' 'builder: memory'
migrate_db
make_build 1 foo 4
start_front
# What pages look like costs time here and proves nothing.
: >"$T/static/rida.css"

browse browser_threats.py "$URL" \
	a11_no_stored_text_runs \
	a11_no_text_that_comes_later_runs \
	a11_no_text_of_a_request_runs \
	a11_these_texts_do_run_where_nothing_is_escaped
