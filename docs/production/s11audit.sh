#!/bin/sh
# s11audit with the settings of the service, as its user; run by root. Goes to
# /usr/local/bin/s11audit (mode 755). What is set before the command stands above the settings:
#   S11AUDIT_DATA=/tmp/beside S11AUDIT_DATABASE_URL= s11audit restore FILE
set -eu
umask 077  # what it writes is for the service alone, as what the units write is

# As systemd reads them: a line is NAME=value, with or without quotes around the value.
while IFS= read -r line || [ -n "$line" ]; do
    name=${line%%=*}
    value=${line#*=}
    case $name in "" | "$line" | *[!A-Z0-9_]*) continue ;; esac  # empty lines and remarks
    case $value in
        \"*\" | \'*\') value=${value#?} value=${value%?} ;;
    esac
    printenv "$name" >/dev/null || export "$name=$value"
done </etc/s11audit/settings

exec setpriv --reuid=s11audit --regid=s11audit --init-groups /opt/s11audit/bin/s11audit "$@"
