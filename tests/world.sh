#!/usr/bin/env bash
# Installs the programs that tests drive for real: Chromium, PostgreSQL, Postfix's smtp-sink, strace, and the
# language server that editors complete YAML files with (into .tools/, from npm).
# Without root or apt the tests that need them skip with a reason (under CI they may not).
set -euo pipefail
language_server=yaml-language-server@1.25.0
if [[ ! -d .tools/node_modules/yaml-language-server ]] && ! command -v yaml-language-server >/dev/null; then
  if ! command -v npm >/dev/null || ! npm install --silent --no-audit --no-fund --prefix .tools "$language_server"; then
    echo "not installed, so tests that need it will skip: $language_server (npm installs it)" >&2
  fi
fi
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
