#!/bin/sh
# SPDX-License-Identifier: MIT
# What strangers' texts, logs and pages can do in a browser. The front end leaves out the policy that
# rida sends, so that nothing but escaping stands between a text and its running.
. "${top_srcdir:?}/tests/lib/env.sh"
FRONT=nginx
. "$top_srcdir/tests/integration/ask.sh"
need python3 nginx git chromium chromedriver

mkdir -p "$T/control" "$T/conf" "$T/git"
start_git_daemon "$T/git"
echo '<!DOCTYPE html><title>frames</title><body>' >"$T/control/frames.html"
NGINX_EXTRA=$T/conf/control.conf
cat >"$NGINX_EXTRA" <<-END
	fastcgi_hide_header Content-Security-Policy;
	access_log $T/nginx/access.log combined;
	location /control/ {
		alias $T/control/;
		types { text/html html; }
	}
END
start_mariadb
write_config 'auth: front' 'submit_by: identified' 'builder: memory' "scm_allow: [$GIT_URL/]"
migrate_db
make_build 1 foo 4
for id in 10 11 12; do
	make_build "$id" "bar$id" 1
done
start_front
# What pages look like costs time here and proves nothing.
: >"$T/static/rida.css"

# module NAME: a module without components; sets SCMURL.
module() {
	mkdir -p "$T/$1"
	printf 'document: modulemd\nversion: 2\ndata: { summary: x, description: x, license: { module: [MIT] } }\n' >"$T/$1/$1.yaml"
	SCMURL="$GIT_URL/$1.git?#$(make_repo "$T/git/$1.git" "$T/$1")"
}
module wanted
OWN_SCMURL=$SCMURL
module unwanted

browse browser_threats.py "$URL" \
	a12_a_log_is_text \
	a12_no_name_of_a_log_runs \
	a12_an_excerpt_talks_to_no_terminal \
	"a13_no_page_of_another_site_acts_for_its_reader $SCMURL $OWN_SCMURL" \
	a14_no_script_of_another_site_reads_an_answer \
	a11_no_stored_text_runs \
	a11_no_text_that_comes_later_runs \
	a11_no_text_of_a_request_runs \
	a11_these_texts_do_run_where_nothing_is_escaped
[ "$(cat "$T"/log/fcgi-* | grep -cE 'worker-died|Sanitizer|runtime error')" = 0 ] || fail "workers died: $(tail -5 "$T"/log/fcgi-*)"
