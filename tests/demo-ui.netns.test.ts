import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PNG } from "pngjs";
import { must } from "./support/exec.ts";
import { needs } from "./support/needs.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

setDefaultTimeout(120_000);

/** A directory for all that the demo keeps outside of its own host. */
function scratch(): Disposable & { readonly path: string; readonly env: Record<string, string> } {
  const path = mkdtempSync(join(tmpdir(), "demo-ui-"));
  const { PATH = "", HOME = "" } = process.env;
  return {
    ...{ path, env: { PATH, HOME, TMPDIR: path } },
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}

test("the demo of the page opens it at an address of this machine, and leaves nothing", async () => {
  using own = scratch();
  await must(["ip", "link", "set", "dev", "lo", "up"]);
  const demo = Bun.spawn(["npm", "run", "--silent", "demo:ui"], {
    ...{ cwd: ROOT, env: own.env, stdin: "ignore", stdout: "pipe", stderr: "inherit" },
    // A group of its own, as a terminal makes: Ctrl-C goes to all of it.
    detached: true,
  });
  let printed = "";
  for await (const chunk of demo.stdout.pipeThrough(new TextDecoderStream())) {
    printed += chunk;
    if (printed.includes("Ctrl-C")) break;
  }
  const [, origin = "", token = ""] = /(http:\/\/\S+)\/#token=(\S+)/.exec(printed) ?? [];
  const headers = { authorization: `Bearer ${token}` };
  expect(await (await fetch(origin)).text()).toContain("<title>Hawser</title>");
  const answer = await (await fetch(`${origin}/api/1/attachments`, { headers })).json();
  const { attachments } = answer as { attachments: { state: string }[] };
  const states = attachments.map(({ state }) => state);
  expect([states.length, states.filter((state) => state === "ok").length]).toEqual([13, 11]);
  process.kill(-demo.pid, "SIGINT");
  // npm says by its exit code that it was interrupted, whatever its script makes of that.
  expect([0, 130]).toContain(await demo.exited);
  expect(readdirSync(own.path)).toEqual([]);
  expect(await fetch(origin).catch(() => "nothing listens")).toBe("nothing listens");
});

needs("chromium")("without a screen it leaves pictures", async () => {
  using own = scratch();
  const into = join(own.path, "pictures");
  const words = ["npm", "run", "--silent", "demo:ui", "--", "--screenshot", into];
  await must(words, { cwd: ROOT, env: own.env, timeoutMs: 100_000 });
  const names = readdirSync(into);
  expect(names).toContain("map-light.png");
  expect(names.length).toBeGreaterThanOrEqual(12);
  const { data } = PNG.sync.read(readFileSync(join(into, "attachments-phone.png")));
  expect(new Set(new Uint32Array(data.buffer, data.byteOffset, 10_000)).size).toBeGreaterThan(10);
  expect(readdirSync(own.path)).toEqual(["pictures"]);
});
