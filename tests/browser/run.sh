#!/bin/sh
# Runs a file of the browser suite. 77 tells Meson that something it needs is missing. Set-up, once:
# npm ci --prefix tests/browser --ignore-scripts
set -eu
cd "$(dirname "$0")"

skip() {
    echo "skipped: $1"
    exit 77
}

command -v node >/dev/null || skip "node is missing (apt-get install nodejs)"
chromium=${CHROMIUM:-/usr/bin/chromium}
[ -x "$chromium" ] || skip "$chromium is missing (apt-get install chromium)"
[ -d node_modules/playwright-core ] || skip "playwright-core is missing (npm ci in tests/browser)"

TWINLENS=$(realpath "${TWINLENS:-../../build/src/cli/twinlens}")
export TWINLENS CHROMIUM="$chromium"
exec node --test "$1"
