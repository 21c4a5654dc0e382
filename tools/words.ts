/**
 * `npm run words [part of a path]`: prints the words of code and comments that are to be replaced,
 * and lowers the numbers in tools/words/left.json to what is left. A unit test holds the numbers.
 */
import { readSources } from "./sources.ts";
import { FOLDERS } from "./test/files.ts";
import { lowered, offencesByRoom, readLeft, writeLeft } from "./words/left.ts";

const [part = ""] = process.argv.slice(2);
const found = offencesByRoom(await readSources(FOLDERS));
const all = [...found.values()].flat();
for (const problem of all.filter((each) => each.includes(part))) console.log(problem);
for (const [room, problems] of found) console.log(`${room}: ${problems.length}`);
writeLeft(lowered(found, readLeft()));
