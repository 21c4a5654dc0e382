/** `npm run words [part of a path]`: prints the words of code and comments that are to be replaced. */
import { readSources } from "./sources.ts";
import { FOLDERS } from "./test/files.ts";
import { allWordProblems } from "./words/offences.ts";

const [part = ""] = process.argv.slice(2);
for (const problem of allWordProblems(await readSources(FOLDERS))) {
  if (problem.includes(part)) console.log(problem);
}
