# A unit of an administrator, or of `hawser install`, is in force before the package's, and is not its to stop.
own_units() {
  for unit in hawser.service hawser.socket hawser-dhcp.service hawser-dhcp.socket; do
    [ -f "/etc/systemd/system/$unit" ] || echo "$unit"
  done
}

# The daemon ends its calls before it goes.
stop_units() {
  [ -d /run/systemd/system ] || return 0
  units=$(own_units)
  [ -z "$units" ] || deb-systemd-invoke stop $units >/dev/null || true
}
