/**
 * `npm run pictures`: draws the pictures of the page that docs/ui.md and the README show, and that a test compares
 * with what it draws. They are of a recorded node, so that they differ only where the page does; `-- --record`
 * makes that node anew. All of it happens in namespaces of its own.
 */
import { fileURLToPath } from "node:url";
import { built } from "./demo/built.ts";
import { enterThrowawayHost, isInside } from "./demo/enter.ts";

if (isInside(process.env)) {
  const { draw, record } = await import("./pictures/draw.ts");
  if (process.argv.includes("--record")) await record();
  await draw();
  process.exit(0);
}
const problem = await built();
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
process.exit(
  await enterThrowawayHost(fileURLToPath(import.meta.url), process.argv.slice(2), process.env),
);
