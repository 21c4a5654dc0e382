import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ip, Prefix } from "../../src/addr/index.ts";
import { RouteSocket, route } from "../../src/kernel/route/index.ts";
import { makeHost, makeOutside } from "../demo/host.ts";
import { isAsShown, readBlocks, readSession, readWalk, walkScript } from "../docs.ts";
import { ROOT } from "../test/files.ts";
import { withOutputs } from "../tour/document.ts";
import { settled } from "../tour/settled.ts";

/** Types the commands of one guide in namespaces that are its own. */

const PLACE = "/run/guide";
const MARK = "=-=-= guide";
const OUTPUT_MAX = 1 << 24;

/** The places of a node in the guides, and where they are while the guide is played. */
const PLACES: readonly (readonly [shown: string, real: string])[] = [
  ["/etc/cni/net.d", join(PLACE, "net.d")],
  ["/opt/cni/bin", join(PLACE, "plugins")],
];

/** Debian's package of the reference plugins. */
const REFERENCE_PLUGINS = "/usr/lib/cni";

/** @returns the exit code */
export function playGuide(name: string, isCheck: boolean): number {
  const path = join(ROOT, `docs/guides/${name}.md`);
  const document = readFileSync(path, "utf8");
  const blocks = readBlocks(document);
  const shown = blocks.flatMap((block) => (block.language === "console" ? readSession(block) : []));
  makeHost();
  leadOut();
  layPlugins(document.includes(REFERENCE_PLUGINS));
  const walked = readWalk(typed(walkScript(blocks, MARK)), MARK);
  if (walked.length !== shown.length) {
    process.stderr.write(`${name}: only ${walked.length} of ${shown.length} commands were run\n`);
    return 1;
  }
  const outputs = shown.map(({ output }, at) => {
    const came = asShown(walked[at]?.output ?? "");
    return isAsShown(output, came) || settled(output) === settled(came) ? output : came;
  });
  const differing = shown.flatMap(({ command, output }, at) => {
    const came = outputs[at] ?? "";
    return came === output
      ? []
      : [`${name}: $ ${command}\nis shown as\n${output}\nand printed\n${came}\n`];
  });
  process.stderr.write(differing.join(""));
  if (isCheck) return differing.length === 0 ? 0 : 1;
  writeFileSync(path, withOutputs(document, outputs));
  return 0;
}

/** The plugin directory: Hawser's, or the reference plugins for a guide that begins with them. */
function layPlugins(areReference: boolean): void {
  const [, directory] = PLACES[1] ?? ["", ""];
  mkdirSync(PLACE, { recursive: true });
  if (!areReference) symlinkSync(join(ROOT, "dist/cni"), directory);
  else if (existsSync(REFERENCE_PLUGINS)) {
    cpSync(REFERENCE_PLUGINS, directory, { recursive: true });
  }
}

/** Gives the host a way out, as every real one has it. */
function leadOut(): void {
  const { addresses } = makeOutside();
  using socket = RouteSocket.open();
  for (const address of addresses) {
    const gateway = Ip.parse(address);
    const dst = Prefix.parse(gateway.family === 4 ? "0.0.0.0/0" : "::/0");
    route.add(socket, { dst, gateway });
  }
}

/** What a shell prints that is given the script. */
function typed(script: string): string {
  const bin = join(PLACE, "bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(join(ROOT, "dist/hawser"), join(bin, "hawser"));
  const text = PLACES.reduce((left, [from, to]) => left.replaceAll(from, to), script);
  // What a guide leaves running would keep the shell's output open.
  const { stdout } = spawnSync("sh", ["-c", `trap 'pkill -P $$' EXIT\n${text}`], {
    cwd: PLACE,
    env: {
      PATH: `${bin}:/usr/sbin:/sbin:${process.env["PATH"] ?? ""}`,
      NETCONFPATH: PLACES[0]?.[1],
      CNI_PATH: PLACES[1]?.[1],
      NO_COLOR: "1",
    },
    encoding: "utf8",
    maxBuffer: OUTPUT_MAX,
  });
  return stdout;
}

function asShown(output: string): string {
  return PLACES.reduce((left, [to, from]) => left.replaceAll(from, to), output);
}
