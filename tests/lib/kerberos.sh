# SPDX-License-Identifier: MIT
# A Kerberos realm on this machine.

# kdc_command COMMAND...: of the realm's administrator; quiet unless it fails.
kdc_command() {
	KRB5_KDC_PROFILE=$T/kdc/kdc.conf "$@" >"$T/kdc/said" 2>&1 || fail "$*: $(cat "$T/kdc/said")"
}

# start_kdc: sets KRB5_CONFIG, for all programs that are started from now on.
start_kdc() {
	need kadmin.local kdb5_util krb5kdc
	kdc_port=$(free_port)
	mkdir -p "$T/kdc"
	KRB5_CONFIG=$T/krb5.conf
	export KRB5_CONFIG
	cat >"$KRB5_CONFIG" <<-END
		[libdefaults]
		default_realm = RIDA.TEST
		dns_lookup_kdc = false
		dns_lookup_realm = false
		dns_canonicalize_hostname = false
		rdns = false
		[realms]
		RIDA.TEST = {
			kdc = 127.0.0.1:$kdc_port
		}
	END
	cat >"$T/kdc/kdc.conf" <<-END
		[realms]
		RIDA.TEST = {
			database_name = $T/kdc/principal
			key_stash_file = $T/kdc/stash
			acl_file = $T/kdc/acl
			kdc_listen = 127.0.0.1:$kdc_port
			kdc_tcp_listen = 127.0.0.1:$kdc_port
		}
		[logging]
		kdc = FILE:$T/kdc/log
	END
	kdc_command kdb5_util create -s -P only-for-this-test
	KRB5_KDC_PROFILE=$T/kdc/kdc.conf launch kdc krb5kdc -n
	wait_for 10 grep -q 'commencing operation' "$T/kdc/log" || fail "the KDC did not start: $(launched_log kdc)"
}

# add_principal NAME: with its key in $T/kdc/FILE.keytab, FILE being NAME with "-" for "/".
add_principal() {
	kdc_command kadmin.local addprinc -randkey "$1"
	kdc_command kadmin.local ktadd -k "$T/kdc/$(echo "$1" | tr / -).keytab" "$1"
}
