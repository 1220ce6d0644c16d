# SPDX-License-Identifier: MIT
# Apache with the configuration that is shipped, on a port of 127.0.0.1.

# apache_modules FOLDER: LoadModule lines for what the configuration uses.
apache_modules() {
	for module in mpm_event unixd authn_core authn_file authz_core authz_user auth_basic alias dir autoindex \
		mime env setenvif headers deflate filter version proxy proxy_fcgi reqtimeout; do
		[ -e "$1/mod_$module.so" ] && echo "LoadModule ${module}_module $1/mod_$module.so"
	done
	return 0
}

# start_apache: sets APACHE_PORT and APACHE_URL. AUTH=no leaves out Basic authentication.
start_apache() {
	httpd=$(command -v apache2 || command -v httpd || echo apache2)
	need "$httpd"
	APACHE_PORT=${APACHE_PORT:-$(free_port)}
	APACHE_URL=http://127.0.0.1:$APACHE_PORT
	LISTEN=127.0.0.1:$APACHE_PORT
	modules=
	for folder in /usr/lib/apache2/modules /usr/lib64/httpd/modules /usr/lib/httpd/modules; do
		[ -d "$folder" ] && modules=$folder
	done
	mkdir -p "$T/apache/root" "$T/conf"
	write_passwords
	copy_static
	render "$top_srcdir/httpd-conf/apache/rida_identity.conf.in" >"$T/conf/apache-identity.conf"
	render "$top_srcdir/httpd-conf/apache/rida.conf.in" |
		sed "s|$T/conf/apache_identity.conf|$T/conf/apache-identity.conf|" >"$T/conf/apache-rida.conf"
	[ "${AUTH:-yes}" = yes ] || sed -i '/Include .*identity/d' "$T/conf/apache-rida.conf"
	{
		apache_modules "$modules"
		[ "$(id -u)" -ne 0 ] || printf 'User %s\nGroup %s\n' nobody "$(id -gn nobody)"
		cat <<-END
			ServerRoot $T/apache
			ServerName localhost
			PidFile $T/apache/pid
			DefaultRuntimeDir $T/apache
			ErrorLog $T/apache/error.log
			TypesConfig /dev/null
			Listen $LISTEN
			DocumentRoot $T/apache/root
			StartServers 1
			ThreadsPerChild 16
			Include $T/conf/apache-rida.conf
		END
	} >"$T/conf/apache.conf"
	"$httpd" -f "$T/conf/apache.conf" -t >"$T/apache/test.log" 2>&1 ||
		fail "apache -t: $(cat "$T/apache/test.log")"
	launch apache "$httpd" -f "$T/conf/apache.conf" -DFOREGROUND
	APACHE_PID=$LAUNCHED
	wait_for 10 curl -so /dev/null "$APACHE_URL/" ||
		fail "apache did not start: $(tail -5 "$T/apache/error.log")"
	export APACHE_URL APACHE_PORT APACHE_PID
}
