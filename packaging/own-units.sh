all_units='hawser.service hawser.socket hawser-dhcp.service hawser-dhcp.socket'

# Those of the units named that are the package's. One of an administrator, or of `hawser install`, is in force
# before the package's, and is not its to stop, to enable or to disable.
own_units() {
  for unit in "$@"; do
    [ -f "/etc/systemd/system/$unit" ] || echo "$unit"
  done
}
