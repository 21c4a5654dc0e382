import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ip, Prefix } from "../../src/addr/index.ts";
import { RouteSocket, route } from "../../src/kernel/route/index.ts";
import { makeContainer, makeHost, makeOutside } from "../demo/host.ts";
import { readBlocks, readSession, readWalk, walkScript } from "../docs.ts";
import { ROOT } from "../test/files.ts";
import { withOutputs } from "./document.ts";
import { settled } from "./settled.ts";

const DOCUMENT = join(ROOT, "docs/tour.md");
const PLACE = "/run/tour";
/** The namespaces that the document calls containers. */
const CONTAINERS = ["web", "db"] as const;
const MARK = "=-=-= tour";
const OUTPUT_MAX = 1 << 24;

/**
 * Makes what the document starts from, and types its commands.
 * @param isCheck whether the document stays as it is
 * @returns the exit code
 */
export async function playTour(isCheck: boolean): Promise<number> {
  const document = readFileSync(DOCUMENT, "utf8");
  const blocks = readBlocks(document);
  const shown = blocks.flatMap((block) => (block.language === "console" ? readSession(block) : []));
  makeHost();
  leadOut();
  for (const name of CONTAINERS) makeContainer(name);
  const walked = readWalk(typed(walkScript(blocks, MARK)), MARK);
  if (walked.length !== shown.length) {
    process.stderr.write(`only ${walked.length} of ${shown.length} commands were run\n`);
    return 1;
  }
  const outputs = shown.map(({ output }, at) => {
    const came = (walked[at]?.output ?? "").replaceAll(ROOT, "…/");
    return settled(output) === settled(came) ? output : came;
  });
  const differing = shown.flatMap(({ command, output }, at) => {
    const came = outputs[at] ?? "";
    return came === output ? [] : [`$ ${command}\nis shown as\n${output}\nand printed\n${came}\n`];
  });
  process.stderr.write(differing.join(""));
  if (isCheck) return differing.length === 0 ? 0 : 1;
  writeFileSync(DOCUMENT, withOutputs(document, outputs));
  return 0;
}

/** Gives the host a way out, as every real one has it. */
function leadOut(): void {
  const { addresses } = makeOutside();
  using socket = RouteSocket.open();
  const gateway = addresses.map((text) => Ip.parse(text)).find(({ family }) => family === 4);
  if (gateway !== undefined) route.add(socket, { dst: Prefix.parse("0.0.0.0/0"), gateway });
}

/** What a shell prints that is given the script, in the directory where a reader would be. */
function typed(script: string): string {
  const bin = join(PLACE, "bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(join(ROOT, "dist/hawser"), join(bin, "hawser"));
  const { stdout } = spawnSync("sh", ["-c", script], {
    cwd: PLACE,
    env: {
      PATH: `${bin}:${process.env["PATH"] ?? ""}`,
      NETCONFPATH: join(PLACE, "net.d"),
      CNI_PATH: join(ROOT, "dist/cni"),
      NO_COLOR: "1",
    },
    encoding: "utf8",
    maxBuffer: OUTPUT_MAX,
  });
  return stdout;
}
