# on-node.sh PLUGIN: makes bin/PLUGIN-on-node of PLUGIN.ts.
bun build --target=node --outfile "bin/$1.mjs" "$1.ts"
printf '#!/bin/sh\nexec node "%s" "$@"\n' "$PWD/bin/$1.mjs" > "bin/$1-on-node"
chmod +x "bin/$1-on-node"
