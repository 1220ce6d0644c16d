# SPDX-License-Identifier: MIT
# Tests that look at pages with Debian's Chromium: a script in Python that imports tests/lib/browser.py.

# browse SCRIPT ARGUMENT...: runs tests/integration/SCRIPT; its failure is the test's.
browse() {
	need python3 chromium chromedriver
	browse_script=$1
	shift
	PYTHONPATH=$top_srcdir/tests/lib PYTHONDONTWRITEBYTECODE=1 \
		python3 "$top_srcdir/tests/integration/$browse_script" "$@" || fail "$browse_script"
}
