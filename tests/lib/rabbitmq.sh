# SPDX-License-Identifier: MIT
# A private RabbitMQ in $T/rabbitmq: its own node, folders, ports, cookie and name server.
#
#	start_rabbitmq                  # sets RABBITMQ_PORT and RABBITMQ_PID
#	start_rabbitmq tls              # the same with RABBITMQ_TLS_PORT: $T/tls/broker.crt and .key, clients' by authority
#	rabbitmq_ctl close_all_connections "because"
#	stop_rabbitmq; start_rabbitmq   # the same broker comes back with what was durable
#
# RABBITMQ_PLUGINS are further ones.
#
# Users, each with its name as password, in the virtual hosts "/" and "/pubsub": rida, who may publish to topics that
# begin with "org.example.module." only; listener, who may only read; guest. Messages have at most 64 KiB.

# rabbitmq_definitions: users, virtual hosts and rights, as JSON.
rabbitmq_definitions() {
	python3 - <<-'END'
		import base64, hashlib, json
		def user(name):
		    salt = b"salt"
		    digest = base64.b64encode(salt + hashlib.sha256(salt + name.encode()).digest()).decode()
		    return {"name": name, "password_hash": digest, "hashing_algorithm": "rabbit_password_hashing_sha256", "tags": ""}
		users, hosts = ["rida", "guest", "listener"], ["/", "/pubsub"]
		print(json.dumps({
		    "users": [user(name) for name in users],
		    "vhosts": [{"name": host} for host in hosts],
		    "permissions": [{"user": name, "vhost": host, "configure": "" if name == "listener" else ".*",
		        "write": "" if name == "listener" else ".*", "read": ".*"}
		        for name in users for host in hosts],
		    "topic_permissions": [{"user": "rida", "vhost": host, "exchange": "amq.topic",
		        "write": r"^org\.example\.module\.", "read": ".*"} for host in hosts],
		}))
	END
}

# rabbitmq_configuration [tls]
rabbitmq_configuration() {
	cat <<-END
		listeners.tcp.1 = 127.0.0.1:$RABBITMQ_PORT
		load_definitions = $T/rabbitmq/definitions.json
		loopback_users = none
		max_message_size = 65536
		vm_memory_high_watermark.absolute = 1GB
		disk_free_limit.absolute = 1MB
		collect_statistics = none
		log.console = false
	END
	[ "${1:-}" = tls ] || return 0
	cat <<-END
		listeners.ssl.1 = 127.0.0.1:$RABBITMQ_TLS_PORT
		ssl_options.cacertfile = $T/tls/authority.crt
		ssl_options.certfile = $T/tls/broker.crt
		ssl_options.keyfile = $T/tls/broker.key
		ssl_options.verify = verify_peer
		ssl_options.fail_if_no_peer_cert = false
		auth_mechanisms.1 = PLAIN
		auth_mechanisms.2 = EXTERNAL
		ssl_cert_login_from = common_name
	END
}

# rabbitmq_environment: a script that runs a command in our node's environment, with the programs that do not change
# the user as the packaged ones do. RUNNING_UNDER_SYSTEMD: the server is the process that was started, no child.
rabbitmq_environment() {
	cat <<-END
		#!/bin/sh
		export PATH="$(rabbitmq_home)/sbin:\$PATH" HOME="$T/rabbitmq" LC_ALL=C.UTF-8 RUNNING_UNDER_SYSTEMD=true
		export ERL_EPMD_PORT=$RABBITMQ_EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1 ERL_CRASH_DUMP="$T/rabbitmq/crash"
		export RABBITMQ_NODENAME=rida-$RABBITMQ_EPMD_PORT@localhost RABBITMQ_DIST_PORT=$RABBITMQ_DIST_PORT
		export RABBITMQ_MNESIA_BASE="$T/rabbitmq/data" RABBITMQ_LOG_BASE="$T/rabbitmq/log"
		export RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_CONFIG_FILE="$T/rabbitmq/rabbitmq.conf"
		export RABBITMQ_ENABLED_PLUGINS_FILE="$T/rabbitmq/plugins"
		export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}'
		exec "\$@"
	END
}

rabbitmq_home() {
	for home in /usr/lib/rabbitmq/lib/rabbitmq_server-*; do
		echo "$home"
	done
}

rabbitmq_ctl() {
	"$T/rabbitmq/run" rabbitmqctl -q "$@"
}

make_rabbitmq() {
	mkdir -p "$T/rabbitmq/data" "$T/rabbitmq/log"
	RABBITMQ_PORT=$(free_port)
	RABBITMQ_TLS_PORT=$(free_port)
	RABBITMQ_DIST_PORT=$(free_port)
	RABBITMQ_EPMD_PORT=$(free_port)
	echo "[rabbitmq_auth_mechanism_ssl${RABBITMQ_PLUGINS:+, $RABBITMQ_PLUGINS}]." >"$T/rabbitmq/plugins"
	head -c 20 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$T/rabbitmq/.erlang.cookie"
	chmod 0400 "$T/rabbitmq/.erlang.cookie"
	rabbitmq_definitions >"$T/rabbitmq/definitions.json"
	rabbitmq_configuration "$@" >"$T/rabbitmq/rabbitmq.conf"
	rabbitmq_environment >"$T/rabbitmq/run"
	chmod 0755 "$T/rabbitmq/run"
	launch epmd epmd -port "$RABBITMQ_EPMD_PORT" -address 127.0.0.1
}

# rabbitmq_answers: it takes connections, and knows its users.
rabbitmq_answers() {
	python3 -c 'import pika, sys; pika.BlockingConnection(pika.URLParameters(sys.argv[1])).close()' \
		"amqp://guest:guest@127.0.0.1:$RABBITMQ_PORT/%2Fpubsub" 2>/dev/null
}

start_rabbitmq() {
	need epmd erl
	[ -d "$(rabbitmq_home)" ] || need rabbitmq-server
	need_python pika
	[ -d "$T/rabbitmq" ] || make_rabbitmq "$@"
	launch rabbitmq "$T/rabbitmq/run" rabbitmq-server
	RABBITMQ_PID=$LAUNCHED
	wait_for 60 rabbitmq_answers || fail "RabbitMQ did not start: $(launched_log rabbitmq; tail -n 20 "$T"/rabbitmq/log/*)"
}

stop_rabbitmq() {
	stop "$RABBITMQ_PID"
}
