#!/bin/sh
# SPDX-License-Identifier: MIT
# Hostile URLs, servers and repositories; the functions' names carry the threats' numbers.
. "$top_srcdir/tests/lib/env.sh"
. "$top_srcdir/tests/integration/scm.sh"

mkdir -p "$T/files"
echo "document: modulemd" >"$T/files/foo.yaml"
first=$(make_repo "$repos/modules/foo.git" "$T/files")
start_servers
foo=$GIT_URL/modules/foo.git
canary=$T/canary

# hostile NAME SCRIPT: a repository whose work tree the script fills; sets hostile_url.
hostile() {
	rm -rf "$T/hostile"
	mkdir "$T/hostile"
	(cd "$T/hostile" && eval "$2")
	make_repo "$repos/$1.git" "$T/hostile" >/dev/null 2>"$T/problem" || fail "$(cat "$T/problem")"
	hostile_url=$GIT_URL/$1.git
}

# plant_index NAME MODE OBJECT PATH: adds an entry that no work tree could give, and commits.
plant_index() {
	test_git --git-dir="$repos/$1.git" update-index --add --cacheinfo "$2,$3,$4"
	tree=$(test_git --git-dir="$repos/$1.git" write-tree)
	test_git --git-dir="$repos/$1.git" update-ref refs/heads/master \
		"$(test_git --git-dir="$repos/$1.git" commit-tree -p refs/heads/master -m planted "$tree")"
}

s2_a_path_that_leaves_the_allowed_one_never_reaches_git() {
	lines=$(wc -l <"$T/server.log")
	for path in modules/../foo.git modules/%2e%2e/foo.git modules//foo.git other/foo.git modulesx/foo.git; do
		status=0
		"$probe_program" -w "$work" -a "$HTTP_URL/modules/" "$HTTP_URL/$path" hash >"$T/answer" || status=$?
		[ "$status" -eq 1 ] || fail "$path: $(cat "$T/answer")"
	done
	[ "$lines" -eq "$(wc -l <"$T/server.log")" ] || fail "the server was asked"
}

s3_other_transports_are_not_spoken() {
	for url in "ext::sh -c touch% $canary" "file://$repos/modules/foo.git" "$repos/modules/foo.git" \
		"fd::7/foo" "ssh://-oProxyCommand=touch%20$canary/foo" "git+file://$repos/modules/foo.git"; do
		refuses malformed '' -a "file://$repos/" -a "ext://x/" "$url" hash
	done
	[ ! -e "$canary" ] || fail "a transport ran a command"
}

s4_hostile_refs_run_nothing_and_write_nothing() {
	count=0
	for ref in "--upload-pack=touch $canary" "--output=$canary" "--exec=touch $canary" "-u$canary" \
		"--orphan=x" "--" "-" "-c" "--help" "refs/heads/master:refs/heads/x" "+master" ":" "master:x" \
		"@{u}" "@{-1}" "HEAD^{/x}" "a..b" "../../x" "x.lock" "a//b" "*" "refs/*" "\$(touch $canary)" \
		"\`touch $canary\`" ";touch $canary" "|touch $canary" "x
y" "x y" "x	y" "~" "^x" "?" "[a]" "\\" "x/." "/x" "x/"; do
		refuses malformed '' "$foo?#$ref" hash
		count=$((count + 1))
	done
	[ ! -e "$canary" ] || fail "a ref ran a command"
	echo "   $count hostile refs"
}

# hostile_refs: each ends with a NUL byte.
hostile_refs() {
	printf '%s\0' - -- ../../x x.lock refs/heads/master:refs/heads/x /x x/ x/. .x a/.x HEAD^ master~1 "x;y" 'x y'
	for option in --upload-pack --exec -u --output --orphan --receive-pack --config -c --namespace --git-dir --work-tree \
		--super-prefix --template --reference --filter --recurse-submodules --server-option -o --shallow-since \
		--negotiation-tip --open-files-in-pager -O --ext-diff --textconv --no-index --stdin --batch --path-format; do
		for value in "=touch $canary" " touch $canary" "=$canary" "$canary" "=;touch $canary" "=\$(touch $canary)"; do
			printf '%s%s\0' "$option" "$value"
		done
	done
	for before in '' a refs/heads/ @ : ^ ! + -; do
		for middle in .. @{ @{-1} '^{/x}' ^0 ~1 : '*' ?x '[a]' '\' ' ' '	' '
' // /. .lock/ "\`touch $canary\`" "|touch $canary" ">$canary" '%00' "$(printf '\303\251')" "$(printf '\033[2J')" \
			"$(printf '\177')" "$(printf '\r')" '&' "'" '"' '<'; do
			printf '%s%s%s\0' "$before" "$middle" x
			printf '%s%s\0' "$before" "$middle"
		done
	done
}

# files: all that are here.
files() {
	find "$T" -path "$T/log" -prune -o -type f ! -name server.log ! -name 'files-*' ! -name verdicts -print | sort
}

s4_five_hundred_refs_never_reach_git() {
	hostile_refs >"$T/refs"
	count=$(tr -cd '\000' <"$T/refs" | wc -c)
	[ "$count" -ge 500 ] || fail "$count refs"
	files >"$T/files-before"
	"$probe_program" -w "$work" -a "$GIT_URL/" --refs "$foo" <"$T/refs" >"$T/verdicts"
	files >"$T/files-after"
	! grep -v '^unacceptable: the commit or branch' "$T/verdicts" || fail "a ref was taken"
	[ "$(wc -l <"$T/verdicts")" -eq "$count" ] || fail "$(wc -l <"$T/verdicts") verdicts for $count refs"
	cmp -s "$T/files-before" "$T/files-after" || fail "$(diff "$T/files-before" "$T/files-after")"
	[ ! -e "$canary" ] || fail "a ref ran a command"
	echo "   $count hostile refs"
}

s5_redirections_are_not_followed() {
	for kind in r301 r302 r307 rfile; do
		refuses unacceptable 'redirects to another URL' "$HTTP_URL/$kind/modules/foo.git" hash
		refuses unacceptable 'redirects to another URL' "$HTTP_URL/$kind/modules/foo.git?#$first" hash
	done
}

s5_plain_files_and_their_alternates_are_not_fetched() {
	test_git --git-dir="$repos/modules/foo.git" update-server-info
	for kind in dumb alternates; do
		refuses unacceptable 'plain files' "$HTTP_URL/$kind/modules/foo.git" hash
		refuses unacceptable 'plain files' "$HTTP_URL/$kind/modules/foo.git?#$first" hash
	done
}

s6_private_addresses_need_the_switch() {
	lines=$(wc -l <"$T/server.log")
	for host in 127.0.0.1 localhost '[::1]' '[::ffff:127.0.0.1]'; do
		for scheme in git http; do
			url=$scheme://$host:$(port_of hang)
			refuses forbidden 'no public address' --public-only -a "$url/" "$url/foo.git" hash
		done
	done
	for host in 10.0.0.1 192.168.1.1 169.254.169.254 '[fd00::1]' '[fe80::1]' '[64:ff9b::a9fe:a9fe]'; do
		refuses forbidden 'no public address' --public-only -a "https://$host/" "https://$host/foo.git" hash
	done
	[ "$lines" -eq "$(wc -l <"$T/server.log")" ] || fail "a private server was reached"
}

s6_a_name_reaches_the_address_that_was_vetted() {
	gives "$first" -a "git://localhost:$GIT_PORT/" "git://localhost:$GIT_PORT/modules/foo.git" hash
	http=http://localhost:$(port_of http)
	gives "$first" -a "$http/" "$http/good/modules/foo.git" hash
}

s7_a_certificate_that_nobody_vouches_for_is_not_accepted() {
	need openssl
	openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$T/key" -out "$T/certificate" 2>"$T/problem" || fail "$(cat "$T/problem")"
	port=$(free_port)
	launch tls openssl s_server -accept "127.0.0.1:$port" -key "$T/key" -cert "$T/certificate" -www
	wait_for 10 eval '! port_is_free "$port"' || fail "$(launched_log tls)"
	GIT_SSL_NO_VERIFY=1 refuses unavailable 'certificate of its server is not valid' -a "https://127.0.0.1:$port/" \
		"https://127.0.0.1:$port/foo.git" hash
}

s7_an_ssh_server_that_is_not_known_is_not_trusted() {
	need ssh
	for server in hang drip; do
		url=ssh://127.0.0.1:$(port_of "$server")
		refuses unavailable '' -t 2 -a "$url/" "$url/foo.git" hash
	done
	refuses forbidden 'not allowed here' "ssh://127.0.0.1/foo.git" hash
}

# secret NUMBER: one that is planted where git, curl or ssh would find it.
secret() {
	printf 'hunter-%02d-hunter' "$1"
}

s7_no_credential_is_sent_and_no_prompt_is_shown() {
	mkdir -p "$T/home/.config/git" "$T/home/.ssh"
	printf 'machine 127.0.0.1 login user password %s\ndefault login user password %s\n' "$(secret 1)" "$(secret 2)" >"$T/home/.netrc"
	cp "$T/home/.netrc" "$T/home/_netrc"
	printf '#!/bin/sh\ntouch "%s"\necho %s\n' "$canary" "$(secret 3)" >"$T/askpass"
	chmod +x "$T/askpass"
	printf '[credential]\n\thelper = "!touch %s; echo password=%s; true"\n\thelper = store\n\tusername = %s\n' \
		"$canary" "$(secret 4)" "$(secret 5)" >"$T/home/.gitconfig"
	printf '[core]\n\taskPass = %s\n[http]\n\textraHeader = X-Token: %s\n\tcookieFile = %s\n\tproxy = http://u:%s@127.0.0.1:1/\n' \
		"$T/askpass" "$(secret 6)" "$T/home/cookies" "$(secret 7)" >>"$T/home/.gitconfig"
	printf '[url "%s"]\n\tinsteadOf = %s\n[user]\n\tname = %s\n\temail = %s\n' \
		"http://u:$(secret 8)@127.0.0.1:$(port_of http)/" "$HTTP_URL/" "$(secret 9)" "$(secret 10)" >>"$T/home/.gitconfig"
	printf '127.0.0.1\tFALSE\t/\tFALSE\t0\ttoken\t%s\n' "$(secret 11)" >"$T/home/cookies"
	echo "http://user:$(secret 12)@127.0.0.1:$(port_of http)" >"$T/home/.git-credentials"
	cp "$T/home/.git-credentials" "$T/home/.config/git/credentials"
	cp "$T/home/.gitconfig" "$T/home/.config/git/config"
	secret 13 >"$T/home/.ssh/id_rsa"
	for url in "$HTTP_URL/auth/foo.git" "$HTTP_URL/forbidden/foo.git"; do
		HOME=$T/home XDG_CONFIG_HOME=$T/home/.config GIT_ASKPASS=$T/askpass SSH_ASKPASS=$T/askpass \
			GIT_CONFIG_GLOBAL=$T/home/.gitconfig GIT_CONFIG_SYSTEM=$T/home/.gitconfig DISPLAY=:0 GIT_CONFIG_COUNT=1 \
			GIT_CONFIG_KEY_0=http.extraHeader GIT_CONFIG_VALUE_0="Authorization: Basic $(secret 14)" \
			GIT_CONFIG_PARAMETERS="'http.extraHeader=X-Other: $(secret 15)'" GIT_USER_AGENT=$(secret 16) \
			http_proxy=http://u:$(secret 17)@127.0.0.1:1/ NETRC=$T/home/.netrc CURL_HOME=$T/home \
			GIT_AUTHOR_NAME=$(secret 18) RIDA_DB_PASSWORD=$(secret 19) SSH_AUTH_SOCK=$T/$(secret 20) \
			refuses unacceptable 'is not public' "$url" hash
		! grep -a 'hunter-[0-9]*-hunter' "$T/answer" "$T/problem" || fail "a secret was shown"
	done
	refuses malformed 'names a user' "http://user:$(secret 21)@127.0.0.1:$(port_of http)/auth/foo.git" hash
	! grep -a 'hunter-[0-9]*-hunter' "$T/answer" "$T/problem" || fail "the secret of a URL was shown"
	[ ! -e "$canary" ] || fail "a helper ran"
	! grep 'http .*authorization=[^N]' "$T/server.log" || fail "a credential was sent"
	! grep -ra 'hunter-[0-9]*-hunter' "$T/server.log" "$T/log" "$work" || fail "a secret was sent or kept"
}

s7_the_callers_environment_does_not_reach_git() {
	printf '#!/bin/sh\ntouch "%s"\n' "$canary" >"$T/touch"
	chmod +x "$T/touch"
	GIT_PROXY_COMMAND=$T/touch GIT_SSH_COMMAND=$T/touch GIT_EXTERNAL_DIFF=$T/touch GIT_PAGER=$T/touch \
		GIT_EXEC_PATH=$T GIT_DIR=/nonexistent GIT_TRACE=$canary GIT_CONFIG_PARAMETERS="'core.gitProxy=$T/touch'" \
		http_proxy=http://127.0.0.1:$(port_of canary)/ ALL_PROXY=http://127.0.0.1:$(port_of canary)/ \
		gives "$first" "$HTTP_URL/good/modules/foo.git" hash
	GIT_PROXY_COMMAND=$T/touch GIT_TRACE=$canary gives "$first" "$foo" hash
	[ ! -e "$canary" ] || fail "the caller's environment reached git"
}

s8_nothing_of_a_repository_is_run_or_followed() {
	hostile hostile-files '
		printf "* filter=evil text eol=crlf ident\n*.yaml export-subst\n" >.gitattributes
		printf "line\n\$Id\$ \$Format:%%H\$\n" >foo.yaml
		printf "[core]\n\thooksPath = .\n\tfsmonitor = touch '"$canary"'\n[filter \"evil\"]\n\tsmudge = touch '"$canary"'\n" >.gitconfig
		cp .gitconfig config
		mkdir -p hooks objects/info
		printf "#!/bin/sh\ntouch '"$canary"'\n" >hooks/post-checkout
		chmod +x hooks/post-checkout
		cp hooks/post-checkout post-checkout
		echo "'"$repos"'/modules/foo.git/objects" >objects/info/alternates
		printf "version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 12\n" 1 >large
		printf "[lfs]\n\turl = http://127.0.0.1:'"$(port_of canary)"'/\n" >.lfsconfig'
	mkdir "$T/out"
	probe "$hostile_url" hash list read foo.yaml 1000 export "$T/out" 100000 || fail "$(cat "$T/answer")"
	for file in foo.yaml .gitattributes large post-checkout; do
		cmp "$T/out/$file" "$T/hostile/$file" || fail "$file was changed on its way"
	done
	[ ! -x "$T/out/post-checkout" ] || fail "an exported file can be run"
	rm -r "$T/out"
	[ ! -e "$canary" ] || fail "the repository ran a command"
}

# What repositories bring: a name, and the script that fills the work tree.
# shellcheck disable=SC2016
hostile_trees() {
	sed "s|CANARY|$canary|g" <<-'END'
		lfs|echo '* filter=lfs diff=lfs merge=lfs -text' >.gitattributes
		process|printf '* filter=x\n' >.gitattributes; printf '[filter "x"]\n\tprocess = touch CANARY\n\trequired\n' >.gitconfig
		textconv|printf '* diff=x\n' >.gitattributes; printf '[diff "x"]\n\ttextconv = touch CANARY\n\tcommand = touch CANARY\n' >config
		merge|printf '* merge=x\n' >.gitattributes; printf '[merge "x"]\n\tdriver = touch CANARY\n' >.gitconfig
		ends|printf '*.txt text eol=crlf\n' >.gitattributes; printf 'a\nb\n' >a.txt
		ident|printf '* ident export-subst\n' >.gitattributes; printf '$Id$ $Format:%%H$\n' >a.txt
		attributes|seq 2000 | sed 's/.*/*.& filter=x&/' >.gitattributes
		macro|printf '[attr]x filter=y diff=z\n* x\n' >.gitattributes
		bare|mkdir -p objects refs hooks info; echo 'ref: refs/heads/x' >HEAD; printf '[core]\n\tbare = true\n\tfsmonitor = touch CANARY\n\tsshCommand = touch CANARY\n' >config
		inner-bare|mkdir -p a/objects a/refs; echo 'ref: refs/heads/x' >a/HEAD; printf '[core]\n\tworktree = .\n\tfsmonitor = touch CANARY\n' >a/config
		hooks|mkdir hooks; for hook in post-checkout pre-commit reference-transaction post-index-change fsmonitor-watchman; do printf '#!/bin/sh\ntouch CANARY\n' >hooks/$hook; chmod +x hooks/$hook; done
		dot-config|mkdir -p .config/git; printf '[alias]\n\tfetch = !touch CANARY\n' >.config/git/config
		alternates|mkdir -p objects/info info; echo /etc >objects/info/alternates; echo http://127.0.0.1:$(port_of canary)/ >objects/info/http-alternates; echo $first >info/grafts
		shallow|echo $first >shallow; echo $first >FETCH_HEAD; echo $first >ORIG_HEAD
		lfsconfig|printf '[lfs]\n\turl = http://127.0.0.1:$(port_of canary)/\n\tfetchinclude = *\n' >.lfsconfig
		options|touch -- --upload-pack=x -rf --output=x -c '*' '?' '$(id)' '`id`' ';id' '|id' '&'
		blanks|touch 'a b' '  ' 'a	b' "$(printf 'a\nb')" "$(printf 'a\r')" "$(printf '\033[2Jx')" "$(printf '\377\376')"
		long|touch "$(printf '%0255d' 1)"; mkdir -p "$(printf '%0200d/%0200d' 1 2)"; touch "$(printf '%0200d/%0200d' 1 2)/x"
		links|ln -s / root; ln -s . self; ln -s /etc/passwd passwd; ln -s ../../.. up; ln -s /dev/zero zero; ln -s loop loop
		link-folder|ln -s /tmp hooks; ln -s .git x; ln -s /proc/self/fd fd
		mailmap|ln -s /etc/passwd .mailmap; ln -s /etc/passwd .gitignore
		ignore|printf '*\n!/\n' >.gitignore; touch ignored
		case|touch A a; mkdir B; touch B/x b
		modes|touch run; chmod 0777 run; touch set; chmod 4755 set
		empty|:
		many|mkdir d; seq 1000 | sed s,^,d/, | xargs touch
		deep|d=.; for i in $(seq 60); do d=$d/d; done; mkdir -p $d; touch $d/x
		update|printf '[submodule "a"]\n\tpath = a\n\turl = x\n\tupdate = !touch CANARY\n' >.gitmodules
		submodule-path|printf '[submodule "../../x"]\n\tpath = ../../x\n\turl = ext::touch CANARY\n' >.gitmodules
		gitfile|echo 'gitdir: /etc' >git; echo 'gitdir: ../../x' >.gitdir; mkdir worktrees; echo /etc >commondir
		large-line|head -c 2000000 /dev/zero | tr '\0' x >line
	END
}

# probed: the files at the top are what was committed, or the repository is refused.
probed() {
	rm -rf "$T/out"
	mkdir "$T/out"
	if ! probe "$hostile_url" hash list export "$T/out" 10000000; then
		grep -q '^unacceptable: ' "$T/answer" || fail "$1: $(cat "$T/answer")"
	else
		diff -rq --no-dereference "$T/out" "$T/hostile" | grep -v "^Only in $T/hostile" >"$T/changed" &&
			fail "$1: not as committed: $(cat "$T/changed")"
		[ -z "$(find "$T/out" -type l)" ] || fail "$1: a link was written"
		! find "$T/out" -type f -perm /07111 | grep . || fail "$1: a file can be run"
	fi
	[ ! -e "$canary" ] || fail "$1 ran a command"
}

s8_thirty_hostile_trees_do_no_harm() {
	hostile_trees >"$T/trees"
	while IFS='|' read -r name script; do
		hostile hostile-trees "echo x >foo.yaml; $script" </dev/null
		probed "$name"
	done <"$T/trees"
	rm -r "$T/out"
	echo "   $(wc -l <"$T/trees") trees"
}

s8_submodules_are_not_fetched() {
	hostile hostile-submodule '
		printf "[submodule \"a\"]\n\tpath = a\n\turl = git://127.0.0.1:'"$(port_of canary)"'/a.git\n\tfetchRecurseSubmodules = true\n" >.gitmodules
		echo x >foo.yaml'
	plant_index hostile-submodule 160000 "$first" a
	gives "x" "$hostile_url" read foo.yaml 1000
	refuses unacceptable 'a in the repository .* is not a regular file' "$hostile_url" read a 1000
}

s8_objects_that_harm_old_clients_are_refused() {
	hostile hostile-modules '
		printf "[submodule \"a\"]\n\tpath = a\n\turl = -u./payload\n" >.gitmodules
		echo x >foo.yaml'
	refuses unacceptable 'objects that git refuses' "$hostile_url" hash
	hostile hostile-names 'echo x >foo.yaml'
	test_git --git-dir="$repos/hostile-names.git" rev-parse HEAD:foo.yaml |
		python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' >"$T/raw-object"
	for entry in .git .. . .GIT 'a/b'; do
		tree=$(printf '100644 %s\0' "$entry" | cat - "$T/raw-object" |
			test_git --git-dir="$repos/hostile-names.git" hash-object -t tree -w --literally --stdin)
		test_git --git-dir="$repos/hostile-names.git" update-ref refs/heads/bad \
			"$(test_git --git-dir="$repos/hostile-names.git" commit-tree -m bad "$tree")"
		mkdir -p "$T/out"
		! probe "$GIT_URL/hostile-names.git?#bad" export "$T/out" 1000 || fail "the name $entry: $(ls -la "$T/out")"
		[ -z "$(ls -A "$T/out")" ] || fail "the name $entry was written"
	done
	rm -r "$T/out"
}

s9_only_regular_files_are_read() {
	hostile hostile-modes '
		ln -s /etc/passwd foo.yaml
		ln -s SPECS LINK
		mkdir SPECS bar.yaml
		echo spec >SPECS/a.spec
		echo x >bar.yaml/x
		echo upper >BAZ.yaml
		printf "#!/bin/sh\n" >run
		chmod +x run
		ln -s ../../../etc/passwd SPECS/b.spec'
	plant_index hostile-modes 160000 "$first" sub.yaml
	for path in foo.yaml LINK SPECS bar.yaml sub.yaml SPECS/b.spec; do
		refuses unacceptable 'is not a regular file' "$hostile_url" read "$path" 1000
	done
	for path in baz.yaml LINK/a.spec foo.yaml/x .. . ../foo /etc/passwd SPECS/../run './run' '*' ':/run' ':(glob)*'; do
		! probe "$hostile_url" read "$path" 1000 || fail "$path was read: $(cat "$T/answer")"
	done
	gives '#!/bin/sh' "$hostile_url" read run 1000
	mkdir "$T/out"
	probe "$hostile_url" export "$T/out" 1000 || fail "$(cat "$T/answer")"
	[ "$(ls -A "$T/out" | tr '\n' ' ')" = "BAZ.yaml run " ] || fail "exported: $(ls -A "$T/out")"
	rm -r "$T/out"
}

s9_a_huge_file_is_refused_before_it_is_read() {
	hostile hostile-huge 'truncate -s 60M foo.yaml; echo small >small'
	refuses unacceptable 'is 62914560 bytes long; 1048576 are allowed' "$hostile_url" read foo.yaml 1048576
	gives small "$hostile_url" read small 10
	mkdir "$T/out"
	refuses unacceptable 'larger than the allowed 1000000 bytes' "$hostile_url" export "$T/out" 1000000
	rm -r "$T/out"
}

# ends_within SECONDS CODE TEXT OPTION... URL COMMAND...
ends_within() {
	limit=$1
	shift
	begin=$(date +%s)
	refuses "$@"
	took=$(($(date +%s) - begin))
	[ "$took" -le "$limit" ] || fail "$*: took $took seconds"
}

s10_slow_servers_end_with_the_deadline() {
	for server in hang drip; do
		url=git://127.0.0.1:$(port_of "$server")
		ends_within 8 unavailable 'too slow' -t 2 -a "$url/" "$url/foo.git" hash
		ends_within 8 unavailable 'too slow' -t 2 "$HTTP_URL/$server/foo.git" hash
	done
}

s10_endless_answers_end_within_time_and_memory() {
	for server in refs pour; do
		url=git://127.0.0.1:$(port_of "$server")
		for ref in master "$first"; do
			! probe -t 3 -a "$url/" "$url/foo.git?#$ref" hash || fail "$server: $(cat "$T/answer")"
		done
	done
}

s10_a_large_repository_is_refused_and_takes_no_more_space() {
	hostile hostile-large 'head -c 3000000 /dev/urandom >a; head -c 3000000 /dev/urandom >b; head -c 3000000 /dev/urandom >c; echo x >foo.yaml'
	refuses unacceptable 'larger than is allowed' -m 4000000 "$hostile_url" hash
	refuses unacceptable 'larger than is allowed' -m 8000000 "$hostile_url?#$(test_git --git-dir="$repos/hostile-large.git" rev-parse HEAD)" hash
	gives x -m 12000000 "$hostile_url" read foo.yaml 100
}

s10_a_tree_of_many_entries_is_refused() {
	hostile hostile-entries 'seq 10001 | sed s/^/f/ | xargs touch'
	refuses unacceptable 'more than 10000 entries' "$hostile_url" list
	refuses unacceptable 'more than 10000 entries' "$hostile_url" read f1 100
}

s10_a_tree_that_grows_by_itself_does_no_harm() {
	test_git init -q --bare "$repos/hostile-bomb.git"
	blob=$(echo x | test_git --git-dir="$repos/hostile-bomb.git" hash-object -w --stdin)
	tree=$(seq 10 | sed "s/.*/100644 blob $blob\tf&/" | test_git --git-dir="$repos/hostile-bomb.git" mktree)
	for depth in 1 2 3 4 5 6 7 8 9 10; do
		tree=$({ seq 10 | sed "s/.*/040000 tree $tree\td&/"; printf '100644 blob %s\tfoo.yaml\n' "$blob"; } |
			test_git --git-dir="$repos/hostile-bomb.git" mktree)
	done
	test_git --git-dir="$repos/hostile-bomb.git" update-ref refs/heads/master \
		"$(test_git --git-dir="$repos/hostile-bomb.git" commit-tree -m bomb "$tree")"
	gives x -t 5 "$GIT_URL/hostile-bomb.git" read foo.yaml 100
}

s11_a_branch_that_moves_gives_one_commit_all_the_way() {
	mkfifo "$T/in"
	"$probe_program" -w "$work" -a "$GIT_URL/" "$foo" hash wait hash read foo.yaml 100 <"$T/in" >"$T/moved" &
	pid=$!
	exec 9>"$T/in"
	wait_for 10 grep -q ready "$T/moved" || fail "the probe did not start"
	echo "document: moved" >"$T/files/foo.yaml"
	moved=$(make_repo "$repos/modules/foo.git" "$T/files")
	exec 9>&-
	wait "$pid"
	[ "$(cat "$T/moved")" = "$first
ready
$first
document: modulemd" ] || fail "$(cat "$T/moved")"
	gives "$moved" "$foo" hash
	gives "$first" "$foo?#$first" hash
}

s11_hash_and_files_belong_together_while_a_branch_moves() {
	for round in 1 2 3 4 5; do
		probe -n 4 "$foo?#master" hash read foo.yaml 100 &
		pid=$!
		echo "document: $round" >"$T/files/foo.yaml"
		make_repo "$repos/modules/foo.git" "$T/files" >/dev/null
		wait "$pid" || fail "$(cat "$T/answer")"
	done
	gives "$(test_git --git-dir="$repos/modules/foo.git" rev-parse HEAD)
document: 5" "$foo?#master" hash read foo.yaml 100
}

run_tests s2_a_path_that_leaves_the_allowed_one_never_reaches_git \
	s3_other_transports_are_not_spoken \
	s4_hostile_refs_run_nothing_and_write_nothing \
	s4_five_hundred_refs_never_reach_git \
	s5_redirections_are_not_followed \
	s5_plain_files_and_their_alternates_are_not_fetched \
	s6_private_addresses_need_the_switch \
	s6_a_name_reaches_the_address_that_was_vetted \
	s7_a_certificate_that_nobody_vouches_for_is_not_accepted \
	s7_an_ssh_server_that_is_not_known_is_not_trusted \
	s7_no_credential_is_sent_and_no_prompt_is_shown \
	s7_the_callers_environment_does_not_reach_git \
	s8_nothing_of_a_repository_is_run_or_followed \
	s8_thirty_hostile_trees_do_no_harm \
	s8_submodules_are_not_fetched \
	s8_objects_that_harm_old_clients_are_refused \
	s9_only_regular_files_are_read \
	s9_a_huge_file_is_refused_before_it_is_read \
	s10_slow_servers_end_with_the_deadline \
	s10_endless_answers_end_within_time_and_memory \
	s10_a_large_repository_is_refused_and_takes_no_more_space \
	s10_a_tree_of_many_entries_is_refused \
	s10_a_tree_that_grows_by_itself_does_no_harm \
	s11_a_branch_that_moves_gives_one_commit_all_the_way \
	s11_hash_and_files_belong_together_while_a_branch_moves
