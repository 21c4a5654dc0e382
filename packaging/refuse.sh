dir=@DIR@
own=@OWN@

# What ends an installation before its first file.
refuse() {
  # An installation of its own would be half hidden: its executable takes it away without a trace.
  if [ -e "$dir/@MANIFEST@" ] && ! [ -L "$dir/@MANIFEST@" ]; then
    echo "hawser: $dir has what \`hawser install\` has put there, which the package would hide." >&2
    echo "First: $dir/hawser uninstall --bin-dir $dir" >&2
    exit 1
  fi
  # As `hawser install` has it: an older version must be able to detach what is attached.
  before=$(sed -n 's/^ *"state": \([0-9]*\),$/\1/p' "$own/@MANIFEST@" 2>/dev/null) || before=
  if [ "${before:-0}" -gt @STATE@ ] && attached; then
    echo "hawser: this version cannot read what the installed one keeps of attached containers." >&2
    echo "Remove these containers first." >&2
    exit 1
  fi
}
