# SPDX-License-Identifier: MIT
# Koji sessions in tests: what stands before a hub, and a probe.
. "$top_srcdir/tests/lib/hub.sh"
PROBE=$top_builddir/tests/integration/koji_probe

# write_profile FILE SERVER LINES...: a profile named lab; what fails is sent again without waiting.
write_profile() {
	profile_file=$1
	printf '[lab]\nserver = %s\nretry_interval = 0\n' "$2" >"$profile_file"
	shift 2
	printf '%s\n' "$@" >>"$profile_file"
}

# probe FILE COMMAND...: with the profile of that file; what it prints is in $T/said.
probe() {
	probe_file=$1
	shift
	timeout 100 "$PROBE" -c "$probe_file" -r "$T/run" "$@" >"$T/said" 2>"$T/problem" ||
		fail "koji_probe $*: $(cat "$T/said" "$T/problem")"
}

# start_proxy: what does to exchanges with the hub what plan says; sets PROXY_URL.
start_proxy() {
	mkdir -p "$T/proxy"
	proxy_hub=${HUB_URL#http://127.0.0.1:}
	launch koji-proxy python3 "$top_srcdir/tests/integration/koji_proxy.py" "${proxy_hub%/kojihub}" "$T/proxy"
	wait_for 10 test -s "$T/proxy/port" || fail "the proxy did not start: $(launched_log koji-proxy)"
	PROXY_URL=http://127.0.0.1:$(cat "$T/proxy/port")/kojihub
}

# plan TREATMENT...: of the next requests, as koji_proxy.py has them.
plan() {
	printf '%s' "${1+$(printf '%s\n' "$@")}" >"$T/proxy/plan"
	: >"$T/proxy/log"
}

# requests: the requests that came since, one a line: treatment, number, method.
requests() {
	cut -d' ' -f1,4,5 "$T/proxy/log"
}

# start_front: Apache, as it stands before a hub: FRONT_TLS logs in with certificates, FRONT_GSSAPI with tickets.
# Who has logged in is in $T/front/users. The hub takes each for rida.
start_front() {
	httpd=$(command -v apache2 || command -v httpd || echo apache2)
	need "$httpd"
	front_modules | grep -q auth_gssapi || need mod_auth_gssapi
	FRONT_TLS=https://localhost:$(free_port)/kojihub
	FRONT_GSSAPI=https://localhost:$(free_port)/kojihub
	mkdir -p "$T/front"
	{
		front_modules
		[ "$(id -u)" -ne 0 ] || printf 'User nobody\nGroup %s\n' "$(id -gn nobody)"
		cat <<-END
			ServerRoot $T/front
			ServerName localhost
			PidFile $T/front/pid
			DefaultRuntimeDir $T/front
			ErrorLog $T/front/error.log
			LogFormat "%{SSL_PROTOCOL}x %{SSL_CLIENT_S_DN_CN}x %u %>s %U" users
			CustomLog $T/front/users users
			StartServers 1
			ThreadsPerChild 8
			ProxyPass /kojihub $HUB_URL
			SSLCertificateFile $T/tls/front.crt
			SSLCertificateKeyFile $T/tls/front.key
			SSLCACertificateFile $T/tls/authority.crt
		END
		front_host "$FRONT_TLS" 'SSLVerifyClient require'
		front_host "$FRONT_GSSAPI" "AuthType GSSAPI
			AuthName Koji
			GssapiCredStore keytab:$T/kdc/HTTP-localhost.keytab
			Require valid-user"
	} >"$T/front/httpd.conf"
	launch front "$httpd" -f "$T/front/httpd.conf" -DFOREGROUND
	wait_for 10 curl -sko /dev/null "$FRONT_GSSAPI" || fail "apache did not start: $(launched_log front)"
	hub_control '{"do": "set", "certificate": "CN=rida"}' >/dev/null
}

# front_modules: LoadModule lines.
front_modules() {
	for folder in /usr/lib/apache2/modules /usr/lib64/httpd/modules /usr/lib/httpd/modules; do
		for module in mpm_event unixd authn_core authz_core authz_user log_config proxy proxy_http ssl \
			auth_gssapi socache_shmcb; do
			[ ! -e "$folder/mod_$module.so" ] || echo "LoadModule ${module}_module $folder/mod_$module.so"
		done
	done
}

# front_host URL AUTHENTICATION: a server whose log-in place asks who is there.
front_host() {
	port=${1#https://localhost:}
	port=${port%/kojihub}
	cat <<-END
		Listen 127.0.0.1:$port
		<VirtualHost 127.0.0.1:$port>
			SSLEngine on
			<Location /kojihub/ssllogin>
				$2
			</Location>
		</VirtualHost>
	END
}
