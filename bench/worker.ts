import type { AttachmentParameters } from "../tests/support/chain.ts";
import { mapTcp } from "../tests/support/dbnet.ts";
import { Host } from "../tests/support/host.ts";
import type { Way } from "./contender.ts";
import { executables, type Subject, start } from "./executables.ts";

/**
 * One contender in a world of its own: this process runs in fresh network and mount namespaces.
 * Each line on standard input asks for one ADD and one DEL; the answer is a line of JSON with their
 * times in milliseconds. The container stays the same, so that making and ending namespaces, which
 * is the runtime's user's work, does not disturb the measurement.
 */

const attachment = (netns: string): AttachmentParameters => ({
  containerId: "bench-container",
  netns,
  ifName: "eth0",
  capabilityArgs: { ...mapTcp(18080, 80), mac: "c2:11:22:33:44:55" },
});

async function subject(how: Way, netns: string): Promise<Subject> {
  switch (how.way) {
    case "executables":
      return executables(how.dir, how.backend, attachment(netns));
    case "runtime": {
      const { inProcess } = await import("./in-process.ts");
      return inProcess(how.dir, attachment(netns));
    }
    case "kernel": {
      const { kernelPart } = await import("./kernel-part.ts");
      return kernelPart(netns);
    }
    case "start":
      return start(how.argv);
  }
}

async function timed(action: () => Promise<void>): Promise<number> {
  const before = performance.now();
  await action();
  return performance.now() - before;
}

const how = JSON.parse(process.argv[2] ?? "{}") as Way;
const host = await Host.create();
const container = await host.container("bench");
const measured = await subject(how, container.netns);
console.log(JSON.stringify({ ready: true }));
for await (const _ of console) {
  const add = await timed(measured.add);
  const del = await timed(measured.del);
  console.log(JSON.stringify({ add, del }));
}
