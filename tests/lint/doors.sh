#!/bin/sh
# SPDX-License-Identifier: MIT
# One door per foreign library: its header is included by one file only.
. "${top_srcdir:?}/tests/lint/lint.sh"

for header in 'mysql\.h' 'mariadb/mysql\.h' 'curl/curl\.h' 'fcgiapp\.h' 'expat\.h' 'yaml\.h' '.*modulemd.*\.h' 'solv/.*\.h' '(rabbitmq-c/)?amqp.*\.h' 'proton/.*\.h'; do
	sources lib cgi scheduler client | xargs -r grep -lE "^#[[:space:]]*include <$header>" |
		HEADER=$header awk '{ files = files " " $0 } END { if (NR > 1) print ENVIRON["HEADER"] " has " NR " doors:" files }'
done | conclude
