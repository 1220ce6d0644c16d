# SPDX-License-Identifier: MIT
# Asking rida through a front end: FRONT is nginx, apache, or cgi (the program run as a CGI script).

# start_front: the pools and the web server, or nothing. READ_PID and SUBMIT_PID are the pools' parents.
start_front() {
	[ "$FRONT" != cgi ] || return 0
	start_pool read --workers "${READ_WORKERS:-2}"
	READ_PID=$LAUNCHED
	start_pool submit --submit
	SUBMIT_PID=$LAUNCHED
	case $FRONT in
	nginx) start_nginx && URL=$NGINX_URL ;;
	apache) start_apache && URL=$APACHE_URL ;;
	esac
}

# ask METHOD PATH [-u USER] [-d BODY] [-H 'NAME: VALUE']...: sets STATUS; $T/head and $T/body are the answer.
ask() {
	method=$1 path=$2
	shift 2
	rm -f "$T/head" "$T/body"
	if [ "$FRONT" = cgi ]; then
		ask_cgi "$@"
	else
		ask_http "$@"
	fi
}

ask_http() {
	options=$(mktemp "$T/curl.XXXXXX")
	while [ $# -gt 0 ]; do
		case $1 in
		-u) printf 'user = "%s:secret"\n' "$2" ;;
		-d) printf '%s' "$2" >"$T/sent" && printf 'data-binary = "@%s"\n' "$T/sent" ;;
		-H) printf 'header = "%s"\n' "$(printf '%s' "$2" | sed 's/["\\]/\\&/g')" ;;
		esac
		shift 2
	done >"$options"
	[ "$method" != HEAD ] || echo head >>"$options"
	[ "$method" = HEAD ] || echo "request = $method" >>"$options"
	STATUS=$(curl -sS --path-as-is -g --max-time 30 -D "$T/head" -o "$T/body" -w '%{http_code}' -K "$options" "$URL$path") ||
		STATUS="$STATUS broken"
	[ -e "$T/body" ] || : >"$T/body"
	# curl takes the head for the body then.
	[ "$method" != HEAD ] || sed -i '1,/^\r$/d' "$T/body"
	rm -f "$options"
}

ask_cgi() {
	: >"$T/sent"
	set -- "$@" --
	while [ "$1" != -- ]; do
		option=$1 value=$2
		shift 2
		case $option in
		-u) set -- "$@" RIDA_AUTH_BY=basic REMOTE_USER="$value" ;;
		-d) printf '%s' "$value" >"$T/sent" ;;
		-H)
			name=$(printf '%s' "${value%%:*}" | tr 'a-z-' 'A-Z_')
			[ "$name" = CONTENT_TYPE ] || name=HTTP_$name
			set -- "$@" "$name=${value#*: }"
			;;
		esac
	done
	shift
	env -i PATH="$PATH" RIDA_CONFIG="$RIDA_CONFIG" GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD="$method" \
		REQUEST_URI="$path" SCRIPT_NAME= CONTENT_LENGTH="$(wc -c <"$T/sent" | tr -d ' ')" "$@" \
		"$top_builddir/cgi/rida.fcgi" <"$T/sent" >"$T/answer" 2>>"$T/log.cgi" || note "rida.fcgi: $(tail -3 "$T/log.cgi")"
	sed '/^\r$/q' "$T/answer" >"$T/head"
	sed '1,/^\r$/d' "$T/answer" >"$T/body"
	STATUS=$(sed -n 's/^Status: \([0-9]*\).*/\1/p' "$T/head")
}

# want STATUS WHAT: the last answer has the status.
want() {
	[ "$STATUS" = "$1" ] || fail "$FRONT: $2: $STATUS instead of $1: $(cat "$T/head" "$T/body")"
}

# get PATH [OPTION...]: asks, and wants 200.
get() {
	path_of_get=$1
	ask GET "$@"
	want 200 "GET $path_of_get"
}

# header REGEX: the last answer has such a header line.
header() {
	tr -d '\r' <"$T/head" | grep -qiE "^$1\$" || fail "$FRONT: no header $1 in $(cat "$T/head")"
}

# no_header REGEX: it has none.
no_header() {
	! tr -d '\r' <"$T/head" | grep -qiE "^$1\$" || fail "$FRONT: unwanted header $1 in $(cat "$T/head")"
}

# body_is FILTER: jq says true about the last body.
body_is() {
	jq -e "$1" "$T/body" >/dev/null 2>&1 || fail "$FRONT: not $1: $(cat "$T/body")"
}

# body_has TEXT, body_lacks TEXT: about a body that is no JSON.
body_has() {
	grep -qF -- "$1" "$T/body" || fail "$FRONT: no \"$1\" in $(cat "$T/body")"
}
body_lacks() {
	! grep -qF -- "$1" "$T/body" || fail "$FRONT: unwanted \"$1\" in $(cat "$T/body")"
}

# problem STATUS PHRASE REGEX WHAT: the last answer is an error of the form that the API promises.
problem() {
	want "$1" "$4"
	header 'Content-Type: application/json.*'
	jq -e --arg status "$1" --arg phrase "$2" --arg text "$3" \
		'.status == ($status | tonumber) and .error == $phrase and (.message | test($text))' "$T/body" >/dev/null ||
		fail "$FRONT: $4: $(cat "$T/body")"
}

# rows SQL: runs statements that make test data.
rows() {
	sql "$1" || fail "test data"
}

# make_build ID NAME STATE [OWNER]: a build without components.
make_build() {
	rows "INSERT INTO builds (id, uuid, name, stream, version, context, state, state_reason, owner, scmurl, \`commit\`,
		builder, submitted_at, modified_at) VALUES ($1, UUID(), '$2', 'master', 20160903$1, '00000000', $3, '',
		'${4:-alice}', 'git://example.org/modules/$2.git', REPEAT('a', 40), 'memory', NOW(6), NOW(6))"
}
