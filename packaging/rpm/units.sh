# Presets decide what is enabled. The program that the macros of systemd call differs from distribution to distribution:
# that of openSUSE enables only what was announced to it before the files came.
preset_units() {
  command -v systemctl >/dev/null || return 0
  units=$(own_units hawser.socket hawser.service)
  [ -z "$units" ] || systemctl --no-reload preset $units || :
}

# Without systemd, as in a chroot, nothing is there to be stopped.
disable_units() {
  command -v systemctl >/dev/null || return 0
  units=$(own_units $all_units)
  now=
  if [ -d /run/systemd/system ]; then now=--now; fi
  [ -z "$units" ] || systemctl --no-reload disable $now $units || :
}
