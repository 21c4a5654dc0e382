import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createNetns, deleteNetns, Netns } from "../../src/kernel/netns/index.ts";
import { address, link, RouteSocket } from "../../src/kernel/route/index.ts";
import { run } from "../../tests/support/exec.ts";
import { ROOT } from "../test/files.ts";
import { inScratch } from "../test/process.ts";
import { packBuilt } from "./pack.ts";
import { makeProject } from "./project.ts";

/** From an empty folder to a runtime inside of a program: the package is installed, ten lines are run. */

const LINES = 10;

const SOURCE = readFileSync(join(ROOT, "examples/embedded.ts"), "utf8");

test("ten lines stand in the README and in the page of the package", () => {
  expect(SOURCE.split("\n").filter((line) => line !== "")).toHaveLength(LINES);
  for (const path of ["README.md", "docs/package.md"]) {
    expect(readFileSync(join(ROOT, path), "utf8")).toContain(`\`\`\`ts\n${SOURCE}\`\`\`\n`);
  }
});

test("case L3, kind: an empty folder, npm install, ten lines: the container answers", async () => {
  await inScratch(async (scratch) => {
    using host = RouteSocket.open();
    link.set(host, { name: "lo" }, { up: true }); // where the registry is
    const { tarball } = await packBuilt(join(scratch, "packs"));
    const { directory } = await makeProject(tarball, join(scratch, "project"));
    const netns = join(scratch, "web-1");
    createNetns(netns);
    try {
      const program = SOURCE.replaceAll("/var/lib/web", join(scratch, "web"))
        // The namespace of the example has its place in this test's directory.
        .replace("/run/netns/web-1", netns);
      writeFileSync(join(directory, "embedded.ts"), program);
      const env = { PATH: "", HAWSER_STATE_DIR: join(scratch, "state") };
      const argv = [process.execPath, "embedded.ts"];
      const answer = await run(argv, { cwd: directory, env });
      expect(answer).toMatchObject({ stderr: "", stdout: "10.1.0.2/24\n", exitCode: 0 });
      expect(addressesIn(netns)).toEqual(["10.1.0.2/24"]);
      expect(await askedOf(netns, "10.1.0.2")).toBe("here");
    } finally {
      deleteNetns(netns);
    }
  });
}, 120_000);

function addressesIn(path: string): string[] {
  using netns = Netns.open(path);
  using socket = RouteSocket.open(netns);
  const eth0 = link.get(socket, { name: "eth0" });
  expect(eth0?.up).toBe(true);
  const found = address.list(socket, { index: eth0?.index, family: 4 });
  return found.map(({ prefix }) => prefix.toString());
}

/** What a server in the namespace says to a client on the host. */
async function askedOf(path: string, hostname: string): Promise<string> {
  using netns = Netns.open(path);
  const socket = {
    open: (client: { end(text: string): unknown }): void => void client.end("here"),
    data: (): void => undefined,
  };
  using server = netns.run(() => Bun.listen({ hostname, port: 0, socket }));
  return await new Promise((resolve, reject) => {
    Bun.connect({
      hostname,
      port: server.port,
      socket: {
        data: (_client, bytes) => resolve(bytes.toString()),
        connectError: (_, e) => reject(e),
      },
    }).catch(reject);
  });
}
