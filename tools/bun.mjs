/**
 * Runs the pinned Bun with the arguments given, even where npm's install scripts were switched off:
 * the real binary then lies in its platform package still, and bun/bin/bun.exe is a stub that only
 * says so. Then this does what the install script does, and puts the one over the other. Plain
 * JavaScript, since it is what starts everything else, with nothing but Node.
 */
import { spawn } from "node:child_process";
import { existsSync, renameSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
const arch = process.arch === "arm64" ? "aarch64" : process.arch;
const packaged = [
  `${modules}@oven/bun-linux-${arch}/bin/bun`,
  `${modules}@oven/bun-linux-${arch}-musl/bin/bun`,
];
const installed = `${modules}bun/bin/bun.exe`;
const bun = findBun();

if (bun === undefined) {
  console.error(
    `No Bun for ${process.platform}-${process.arch} in node_modules: run npm ci first.`,
  );
  process.exit(1);
}

const child = spawn(bun, process.argv.slice(2), { stdio: "inherit" });
// The terminal sends these to the whole group; the launcher waits for what Bun makes of them.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => {
  console.error(`${bun}: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  process.exit(signal === null ? code : 128 + constants.signals[signal]);
});

function findBun() {
  const left = packaged.find((path) => existsSync(path));
  if (left === undefined) {
    return existsSync(installed) ? installed : undefined;
  }
  try {
    renameSync(left, installed);
    return installed;
  } catch {
    // The modules are somebody else's, or two of us are at it: where it is, it runs as well.
    return existsSync(left) ? left : installed;
  }
}
