import { beforeAll, expect, test } from "bun:test";
import { mkdirSync, readlinkSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { must, run } from "./exec.ts";
import { Host } from "./host.ts";
import { ancestors, sharedWithMachine } from "./namespaces.ts";
import { needs } from "./needs.ts";
import { leaks } from "./shared-objects.ts";
import { diff } from "./snapshot.ts";

let host: Host;

beforeAll(async () => {
  host = await Host.create();
});

test("two pictures of an untouched host are equal", async () => {
  const container = await host.container("quiet");
  const before = await host.snapshot([container]);
  expect(diff(before, await host.snapshot([container]))).toEqual([]);
  await host.remove(container);
});

test("a leaked link, address, route, rule, table, file and container link each stand in the difference", async () => {
  const container = await host.container("leaky");
  const before = await host.snapshot([container]);
  await must(["ip", "link", "add", "vethleak", "type", "veth", "peer", "eth0", "netns", "leaky"]);
  await must(["ip", "address", "add", "10.9.0.1/24", "dev", "vethleak"]);
  await must(["ip", "link", "set", "dev", "vethleak", "up"]);
  await must(["ip", "route", "add", "10.8.0.0/24", "via", "10.9.0.2"]);
  await must(["ip", "rule", "add", "from", "10.9.0.1", "table", "100"]);
  await must(["nft", "add", "table", "inet", "leak"]);
  mkdirSync("/var/lib/cni/networks/dbnet", { recursive: true });
  writeFileSync("/var/lib/cni/networks/dbnet/10.1.0.2", "id\r\neth0");
  const found = leaks(diff(before, await host.snapshot([container])));
  for (const mark of [
    /^\+ link: .*"vethleak"/,
    /^\+ address: vethleak: 10\.9\.0\.1/,
    /^\+ route: .*"10\.8\.0\.0\/24"/,
    /^\+ rule: .*"10\.9\.0\.1"/,
    /^\+ nft: .*"leak"/,
    /^\+ file: \/var\/lib\/cni\/networks\/dbnet\/10\.1\.0\.2/,
    /^\+ \/run\/netns\/leaky link: .*"eth0"/,
  ]) {
    expect(found.filter((line) => mark.test(line))).not.toEqual([]);
  }
  await must(["ip", "rule", "delete", "from", "10.9.0.1", "table", "100"]);
  await must(["ip", "link", "delete", "vethleak"]);
  await host.remove(container);
  await host.tidy();
  const { file: _, ...rest } = await host.snapshot();
  const { file: __, [`${container.netns} link`]: ___, ...first } = before;
  const kernel = Object.fromEntries(
    Object.entries(first).filter(([name]) => !name.startsWith("/run/netns")),
  );
  expect(diff(kernel, rest)).toEqual([]);
});

/** The farthest ancestor whose namespaces may be entered: it lives in the machine's own. */
function machineProcess(): string {
  const enterable = ancestors().filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`) !== "";
    } catch {
      return false;
    }
  });
  return enterable.at(-1) ?? "self";
}

test("this process is found to have namespaces of its own", () => {
  expect(sharedWithMachine()).toEqual([]);
});

needs("root")("in the machine's own namespaces nothing is changed", async () => {
  const module = fileURLToPath(new URL("./namespaces.ts", import.meta.url));
  const script = `(await import(${JSON.stringify(module)})).requireOwnNamespaces()`;
  const machine = ["nsenter", "--target", machineProcess(), "--net", "--mount", "--"];
  const answer = await run([...machine, process.execPath, "-e", script]);
  expect(answer.exitCode).toBe(1);
  expect(answer.stderr).toContain("refusing to change the machine's own net and mnt namespace");
});
