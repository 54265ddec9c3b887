#!/usr/bin/env bash
# Virtual routers on devices that Debian's kernel has and not every host: IPVLAN and VRF.  Root, qemu.
#   devices.sh PROGRAM_DIRECTORY          half a minute
set -euo pipefail
programs=$(readlink -f "$1")
here=$(dirname "$(readlink -f "$0")")
exec "$here/vm-run" --mem 1536 --timeout 240 --modules "ipvlan vrf veth bridge" -- "$programs/guest_devices"
