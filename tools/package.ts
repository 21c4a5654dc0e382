/** `npm run package`: measures the npm package that is built in dist, and writes the table in docs/package.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDoors } from "./api/doors.ts";
import { packBuilt } from "./package/pack.ts";
import { makeProject } from "./package/project.ts";
import { doorSizes, loadMs, SIZES, sizesText } from "./package/sizes.ts";
import { toolbox } from "./package/toolbox.ts";
import { ROOT } from "./test/files.ts";
import { inScratch } from "./test/process.ts";
import { withPart } from "./written-part.ts";

const tools = await toolbox();
if (tools === undefined) throw new Error("esbuild cannot be fetched from npm's registry");
await inScratch(async (scratch) => {
  const packed = await packBuilt(join(scratch, "packs"));
  const project = await makeProject(packed.tarball, join(scratch, "project"));
  const names = readDoors().map(({ name }) => name);
  const doors = [];
  for (const size of await doorSizes(project, names, tools.esbuild)) {
    const nodeMs = await loadMs(project, "node", size.door);
    const bunMs = await loadMs(project, process.execPath, size.door);
    doors.push({ ...size, nodeMs, bunMs });
  }
  const path = join(ROOT, "docs/package.md");
  const text = sizesText({ packed, doors });
  writeFileSync(path, withPart(readFileSync(path, "utf8"), SIZES, text));
  console.log(text);
});
