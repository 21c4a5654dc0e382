# dpkg has to know that the files of another package lie under other names, now and after its updates.
claim() {
  dpkg-divert --quiet --package hawser --no-rename --divert "$2" --add "$1"
}

give_up() {
  dpkg-divert --quiet --package hawser --no-rename --divert "$2" --remove "$1"
}

# Names of all diversions of the package, of whatever version.
claimed() {
  LC_ALL=C dpkg-divert --list "$dir/*" | sed -n "s|^diversion of $dir/\(.*\) to .* by hawser\$|\1|p"
}

put_aside() {
  if [ -e "$2" ] && ! [ "$1" -ef "$2" ]; then
    echo "hawser: $1 is of another program, and is kept" >&2
    return 1
  fi
  ln -fP "$1" "$2"
}
