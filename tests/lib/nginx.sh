# SPDX-License-Identifier: MIT
# nginx with the configuration that is shipped, on a port of 127.0.0.1.

# start_nginx: sets NGINX_PORT and NGINX_URL. NGINX_PORT may be given. AUTH=no leaves out the front
# end's identity (Basic authentication); IDENTITY is a file in its place. NGINX_EXTRA is a file of
# further directives for its server, NGINX_CONNECTIONS how many connections a worker has at most.
start_nginx() {
	need nginx
	NGINX_PORT=${NGINX_PORT:-$(free_port)}
	NGINX_URL=http://127.0.0.1:$NGINX_PORT
	LISTEN=127.0.0.1:$NGINX_PORT
	mkdir -p "$T/nginx" "$T/conf"
	write_passwords
	copy_static
	cp "$top_srcdir/httpd-conf/rida_fastcgi_params" "$T/conf/"
	render "${IDENTITY:-$top_srcdir/httpd-conf/nginx/rida_identity.conf.in}" >"$T/conf/rida_identity.conf"
	render "$top_srcdir/httpd-conf/nginx/rida.conf.in" >"$T/conf/nginx-rida.conf"
	[ "${AUTH:-yes}" = yes ] || sed -i '/include .*rida_identity/d' "$T/conf/nginx-rida.conf"
	[ -z "${NGINX_EXTRA:-}" ] || sed -i "s|^server {|&\\n\\tinclude $NGINX_EXTRA;|" "$T/conf/nginx-rida.conf"
	{
		[ "$(id -u)" -ne 0 ] || echo "user nobody $(id -gn nobody);"
		cat <<-END
			worker_processes 1;
			daemon off;
			pid $T/nginx/pid;
			error_log $T/nginx/error.log;
			events { worker_connections ${NGINX_CONNECTIONS:-4096}; }
			http {
				access_log off;
				client_body_temp_path $T/nginx/body;
				proxy_temp_path $T/nginx/proxy;
				fastcgi_temp_path $T/nginx/fastcgi;
				uwsgi_temp_path $T/nginx/uwsgi;
				scgi_temp_path $T/nginx/scgi;
				include $T/conf/nginx-rida.conf;
			}
		END
	} >"$T/conf/nginx.conf"
	nginx -e "$T/nginx/error.log" -p "$T/nginx/" -c "$T/conf/nginx.conf" -t >"$T/nginx/test.log" 2>&1 ||
		fail "nginx -t: $(cat "$T/nginx/test.log")"
	launch nginx nginx -e "$T/nginx/error.log" -p "$T/nginx/" -c "$T/conf/nginx.conf"
	NGINX_PID=$LAUNCHED
	wait_for 10 curl -so /dev/null "$NGINX_URL/" ||
		fail "nginx did not start: $(tail -5 "$T/nginx/error.log")"
	export NGINX_URL NGINX_PORT NGINX_PID
}
