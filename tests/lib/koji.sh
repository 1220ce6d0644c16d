# SPDX-License-Identifier: MIT
# Lives of modules with "builder: koji" against the stand-in hub: the modules, passes, and what the hub says.
. "$top_srcdir/tests/lib/scheduler.sh"
PASSES=300
RIDA_BASE_MODULE=$top_srcdir/tests/fixtures/koji-platform.yaml

# configure_koji ['KEY: VALUE'...]: nothing waits, because the hub's clock is fast. SCM_LINES are what sample_config prints.
configure_koji() {
	write_config ${SCM_LINES:+"$SCM_LINES"} 'log_level: warning' 'submit_by: anyone' 'builder: koji' 'koji_profile: hub' \
		"koji_config: $T/koji.conf" 'koji_weburl: https://koji.example.org/koji' "base_modules: [$RIDA_BASE_MODULE]" \
		'due_koji: 0' 'due_local: 0' 'due_init: 0' 'due_gate: 0' 'backoff_base: 1' 'backoff_max: 1' \
		'koji_tag_permission: tag' 'num_concurrent_builds: 8' "$@"
}

# load_koji: the hub has the tags that the base module needs.
load_koji() {
	hub_control '{"do": "load", "btypes": ["module"], "tags": [{"name": "f40-build", "arches": "x86_64", "repo": true},
		{"name": "f40-modular-updates-candidate", "packages": {"greetings": "rida", "greetings-devel": "rida"}}],
		"targets": [{"name": "f40", "build_tag": "f40-build", "dest_tag": "f40-modular-updates-candidate"}]}' >/dev/null
}

# start_koji [OPTION...]: a hub, the sample, and rida before it.
start_koji() {
	start_hub "$@"
	load_koji
	hub_profile "$T/koji.conf" 'max_retries = 1' 'retry_interval = 0'
	start_mariadb
	make_sample
	start_git_daemon "$T/git"
	serve_lookaside
	SCM_LINES=$(sample_config)
	configure_koji
	migrate_db
	start_fcgi
	AUTH=no
	start_nginx
	API=$NGINX_URL/rida
}

# hub_call METHOD ARGUMENT...: what the hub answers an administrator; arguments and answer are JSON. It is not counted.
hub_call() {
	hub_call_method=$1
	shift
	hub_control "{\"do\": \"call\", \"method\": \"$hub_call_method\", \"params\": [$(printf '%s\n' "$@" | paste -sd,)]}"
}

# hub_tasks METHOD: the tasks of that method that rida has asked for, oldest first.
hub_tasks() {
	hub_call listTasks "{\"method\": \"$1\", \"owner\": \"rida\", \"decode\": true}" '{"order": "id"}'
}

# build_tasks TARGET: the components that tasks were started for, in order.
build_tasks() {
	hub_tasks build | jq -r ".[] | select(.request[1] == \"$1\") | .request[2].mbs_artifact_name"
}

# repos_asked TAG: how many newRepo tasks rida has asked for.
repos_asked() {
	hub_tasks newRepo | jq "map(select(.request[0] == \"$1\")) | length"
}

# make_component NAME: its repository, once.
make_component() {
	[ ! -d "$T/git/rpms/$1.git" ] || return 0
	mkdir -p "$T/component"
	cat >"$T/component/$1.spec" <<-END
		Name: $1
		Version: 1.0
		Release: 1%{?dist}
		Summary: A component
		License: MIT
		%description
		A component of a module.
		%files
	END
	make_repo "$T/git/rpms/$1.git" "$T/component" >/dev/null
	rm -r "$T/component"
}

# make_module NAME COMPONENT:ORDER...: its repository and those of its components; prints the commit. WITH: a module that
# it is built with besides the base module.
make_module() {
	module=$1
	shift
	mkdir -p "$T/module"
	{
		cat <<-END
			document: modulemd
			version: 2
			data:
			  name: $module
			  stream: test
			  summary: A module
			  description: It is built by the tests.
			  license: {module: [MIT]}
		END
		sample_requires | sed "s/^        $(base_module name): .*/&${WITH:+\\n        $WITH: [test]}/"
		[ $# -eq 0 ] || printf '  components:\n    rpms:\n'
		for item; do
			printf '      %s: {rationale: a part, ref: master, buildorder: %s}\n' "${item%:*}" "${item#*:}"
		done
	} >"$T/module/$module.yaml"
	for item; do
		make_component "${item%:*}"
	done
	make_repo "$T/git/modules/$module.git" "$T/module"
	rm -r "$T/module"
}

# post NAME COMMIT [STATUS]: submits the module; sets ID.
post() {
	status=$(curl -sS -o "$T/answer" -w '%{http_code}' -H 'Content-Type: application/json' \
		-d "{\"scmurl\": \"$GIT_URL/modules/$1.git?#$2\"}" "$API/module-builds/")
	[ "$status" = "${3:-201}" ] || fail "POST of $1 was answered $status: $(cat "$T/answer")"
	[ "$status" != 201 ] || ID=$(json .id "$T/answer")
}

# pass: everything that waits for something is looked at now.
pass() {
	sql 'UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE due_at < UTC_TIMESTAMP(6) + INTERVAL 1 HOUR'
	run_scheduler >>"$T/log/scheduler" 2>&1 || fail "rida-scheduler: $(launched_log scheduler)"
}

# until_sql VALUE STATEMENT: passes until the statement says so.
until_sql() {
	for _ in $(seq "$PASSES"); do
		[ "$(sql "$2")" != "$1" ] || return 0
		pass
	done
	fail "\"$2\" says \"$(sql "$2")\" and not $1: $(sql 'SELECT * FROM claims'; launched_log scheduler)"
}

reason_of() {
	sql "SELECT state_reason FROM builds WHERE id = $1"
}
tag_of() {
	sql "SELECT tag FROM builds WHERE id = $1"
}
target_of() {
	sql "SELECT target FROM builds WHERE id = $1"
}
