/**
 * `npm run projects`: writes what follows from the table in rooms.ts, the tsconfig files and the
 * table in docs/architecture.md. A unit test holds that they are as this would write them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ARCHITECTURE, withRooms } from "./architecture.ts";
import { ROOT } from "./test/files.ts";
import { tsconfigs } from "./tsconfigs.ts";

for (const [path, text] of tsconfigs()) writeFileSync(join(ROOT, path), text);
const document = join(ROOT, ARCHITECTURE);
writeFileSync(document, withRooms(readFileSync(document, "utf8")));
