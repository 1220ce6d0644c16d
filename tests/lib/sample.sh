# SPDX-License-Identifier: MIT
# The sample module: plain files of tests/fixtures/sample made into git repositories below $T/git and
# a lookaside cache in $T/lookaside.

# lookaside_put NAME FILE: stores a source of the package NAME; prints its line for "sources".
lookaside_put() {
	file=${2##*/}
	hash=$(sha512sum <"$2" | cut -d' ' -f1)
	mkdir -p "$T/lookaside/$1/$file/sha512/$hash"
	cp "$2" "$T/lookaside/$1/$file/sha512/$hash/$file"
	echo "SHA512 ($file) = $hash"
}

# make_sources PACKAGE FOLDER: tarballs of each folder in FOLDER into the cache; writes PACKAGE/sources.
make_sources() {
	for folder in "$2"/*/; do
		name=$(basename "$folder")
		tar --sort=name --mtime=@1000000000 --owner=0 --group=0 --numeric-owner -C "$2" -cf - "$name" |
			gzip -n9 >"$T/tarball"
		mv "$T/tarball" "$T/$name.tar.gz"
		lookaside_put "${1##*/}" "$T/$name.tar.gz"
		rm "$T/$name.tar.gz"
	done >"$1/sources"
}

# base_module KEY: name or stream of the document RIDA_BASE_MODULE.
base_module() {
	sed -n "s/^  $1: *[\"']\{0,1\}\([A-Za-z0-9._+-]*\).*/\1/p" "$RIDA_BASE_MODULE" | head -n 1
}

# sample_requires: the sample's dependencies on the platform.
sample_requires() {
	name=$(base_module name)
	stream=$(base_module stream)
	[ -n "$name" ] && [ -n "$stream" ] || fail "$RIDA_BASE_MODULE names no module and stream"
	printf '  dependencies:\n    - buildrequires:\n        %s: ["%s"]\n      requires:\n        %s: ["%s"]\n' \
		"$name" "$stream" "$name" "$stream"
}

# make_sample: sets SAMPLE_COMMIT, the module's commit. Unchanged files make no new one.
make_sample() {
	sample=$top_srcdir/tests/fixtures/sample
	rm -rf "$T/sample"
	mkdir -p "$T/git" "$T/lookaside"
	cp -R "$sample" "$T/sample"
	chmod -R u+w "$T/sample"
	for package in "$T"/sample/rpms/*; do
		sources=$T/sample/sources/${package##*/}
		[ ! -d "$sources" ] || make_sources "$package" "$sources"
		make_repo "$T/git/rpms/${package##*/}.git" "$package" >/dev/null
	done
	[ -z "${RIDA_BASE_MODULE:-}" ] || sample_requires >>"$T/sample/modules/greetings/greetings.yaml"
	SAMPLE_COMMIT=$(make_repo "$T/git/modules/greetings.git" "$T/sample/modules/greetings")
	rm -rf "$T/sample"
}

# sample_config: lines for write_config, once GIT_URL and LOOKASIDE_PORT (nginx's) are known.
sample_config() {
	cat <<-END
		scm_allow: [$GIT_URL/]
		rpms_repository: $GIT_URL/rpms/{name}.git
		lookaside_url: http://127.0.0.1:$LOOKASIDE_PORT/lookaside/{name}/{filename}/{hashtype}/{hash}/{filename}
	END
}

# serve_lookaside: makes the next start_nginx serve $T/lookaside; sets NGINX_PORT and LOOKASIDE_PORT.
serve_lookaside() {
	mkdir -p "$T/conf" "$T/lookaside"
	NGINX_PORT=${NGINX_PORT:-$(free_port)}
	LOOKASIDE_PORT=$NGINX_PORT
	NGINX_EXTRA=$T/conf/lookaside.conf
	echo "location /lookaside/ { alias $T/lookaside/; }" >"$NGINX_EXTRA"
}
