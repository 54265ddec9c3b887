#!/usr/bin/env bash
# Kernel IPVS and lvx side by side: the same random commands and clients, the same answers.  Root, qemu, ipvsadm.
#   differential.sh PROGRAM_DIRECTORY [SEED [STEPS]]          a minute; a finding is repeated by its seed
set -euo pipefail
programs=$(readlink -f "$1")
here=$(dirname "$(readlink -f "$0")")
exec "$here/vm-run" --mem 1536 --timeout 400 --modules "veth ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_sh ip_vs_mh" -- \
    python3 "$here/differential.py" "$programs" "${2:-1}" "${3:-80}"
