#!/usr/bin/env bash
# Installs the programs that tests drive for real: Chromium, PostgreSQL, Postfix's smtp-sink, strace.
# Without root or apt the tests that need them skip with a reason (under CI they may not).
set -euo pipefail
declare -A needs=([chromium]=chromium [strace]=strace [smtp-sink]=postfix [psql]=postgresql)
missing=()
for program in "${!needs[@]}"; do
  PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || missing+=("${needs[$program]}")
done
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
fc-list 2>/dev/null | grep -qi liberation || missing+=(fonts-liberation)
if ((${#missing[@]} == 0)); then exit 0; fi
if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
  echo "not installed, so tests that need them will skip: ${missing[*]}" >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# Postfix is here for smtp-sink and smtp-source only: it is not configured and not started.
echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
apt-get -qq update
apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
