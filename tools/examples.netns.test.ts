import { expect, test } from "bun:test";
import { needs } from "../tests/support/needs.ts";
import { type Example, examplesOf, pageExamples } from "./api/docs.ts";
import { exportsOf, readDoors } from "./api/doors.ts";
import { needsNamespace, problemInNamespace } from "./api/run-example.ts";
import { inParallel } from "./test/process.ts";

/** The examples of the npm package's doors that work in a network namespace. */

const doors = readDoors();
const examples = [
  ...doors.flatMap((door) => examplesOf(door.name, exportsOf(door, doors))),
  ...pageExamples(),
].filter(needsNamespace);

const VLANS = /vlanFiltering/u;

test("every example that calls the kernel does what it says", async () => {
  expect(examples.length).toBeGreaterThan(20);
  await holds(examples.filter(({ code }) => !VLANS.test(code)));
}, 60_000);

needs("kernel:bridge-vlan-filtering")("examples of VLANs on bridges do what they say", async () => {
  await holds(examples.filter(({ code }) => VLANS.test(code)));
});

async function holds(some: readonly Example[]): Promise<void> {
  expect(some.length).toBeGreaterThan(0);
  const problems = await inParallel(some, 2, (example) => problemInNamespace(example, doors));
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
}
