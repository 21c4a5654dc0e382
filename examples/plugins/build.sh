#!/bin/sh
# Makes a program of a plugin: build.sh SOURCE DIRECTORY
set -eu
source=$1
directory=$2
name=$(basename "$source" .ts)

# With Bun: one executable that needs nothing else.
bun build --compile --outfile "$directory/$name" "$source"

# With Node: one file of JavaScript, started by a program of two lines.
bun build --target=node --outfile "$directory/$name.mjs" "$source"
printf '#!/bin/sh\nexec node "%s" "$@"\n' "$directory/$name.mjs" > "$directory/$name-on-node"
chmod +x "$directory/$name-on-node"
