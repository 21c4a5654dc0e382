# Plugin directory of the distribution's clients: each plugin's name there leads to the package. What stands
# there already is put aside under a name that `hawser install --replace` gives it, too.
plugins='@PLUGINS@ @MANIFEST@'
own=@OWN@
dir=@DIR@

leads_here() {
  [ "$(readlink "$dir/$1" 2>/dev/null)" = "$own/$1" ]
}

aside_of() {
  echo "$dir/.$1@ASIDE@"
}

# One rename for each name, so that at no time a plugin is missing; whatever ends it, it can run again.
link_plugins() {
  mkdir -p "$dir"
  unlink_strays
  for name in $plugins; do
    path=$dir/$name
    aside=$(aside_of "$name")
    claim "$path" "$aside"
    leads_here "$name" && continue
    if [ -e "$path" ] || [ -L "$path" ]; then
      put_aside "$path" "$aside" || continue
    fi
    scratch=$dir/@SCRATCH@$name
    ln -sfn "$own/$name" "$scratch"
    mv -fT "$scratch" "$path"
  done
}

# The other way: what was put aside is back in the instant in which the link goes.
unlink_plugin() {
  # Of a script that was killed before its rename.
  rm -f "$dir/@SCRATCH@$1"
  path=$dir/$1
  aside=$(aside_of "$1")
  if leads_here "$1" || ! { [ -e "$path" ] || [ -L "$path" ]; }; then
    if [ -e "$aside" ]; then mv -fT "$aside" "$path"; else rm -f "$path"; fi
  fi
  give_up "$path" "$aside"
}

unlink_plugins() {
  for name in $plugins; do unlink_plugin "$name"; done
  unlink_strays
}

led() {
  for path in "$dir"/*; do
    if leads_here "${path##*/}"; then echo "${path##*/}"; fi
  done
}

# Plugins that another version has, and this one has not: their links lead nowhere.
unlink_strays() {
  for name in $(claimed) $(led); do
    case " $plugins " in
      *" $name "*) ;;
      *) unlink_plugin "$name" ;;
    esac
  done
}
