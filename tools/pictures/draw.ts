import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { TestBrowser } from "../../tests/support/browser.ts";
import { FULL } from "../../tests/support/daemon.ts";
import { playCast } from "../../tests/support/ui-cast.ts";
import { UiNode, wayOut } from "../../tests/support/ui-node.ts";
import { makeContainer, makeHost, makeOutside } from "../demo/host.ts";
import { bringLoopbackUp } from "./loopback.ts";
import { drawn, PICTURES, RECORDED } from "./shots.ts";

/** Draws the pictures that are kept. */
export async function draw(): Promise<void> {
  bringLoopbackUp();
  await using browser = await TestBrowser.start();
  rmSync(PICTURES, { recursive: true, force: true });
  mkdirSync(PICTURES, { recursive: true });
  for (const [name, picture] of await drawn(browser)) {
    writeFileSync(join(PICTURES, `${name}.png`), picture);
    console.log(`docs/pictures/${name}.png  ${Math.round(picture.length / 1024)} KiB`);
  }
}

/** Makes the node of the demo, and keeps what its API answers. */
export async function record(): Promise<void> {
  makeHost();
  const [gateway = ""] = makeOutside().addresses;
  wayOut("uplink", gateway);
  using node = new UiNode((name) => makeContainer(name).netns);
  await playCast(node);
  const directory = mkdtempSync(join(tmpdir(), "hawser-pictures-"));
  try {
    const path = join(directory, "report.html");
    await node.hawser("report", "--output", path);
    const { made, answers } = JSON.parse(dataOf(readFileSync(path, "utf8"))) as {
      made: string;
      answers: object;
    };
    const text = `${JSON.stringify({ made, answers }, null, 1)}\n`
      .replaceAll(node.directory, "/etc/cni/net.d")
      .replaceAll(FULL, "/opt/cni/bin")
      .replaceAll(JSON.stringify(hostname()), '"node-1"');
    mkdirSync(dirname(RECORDED), { recursive: true });
    writeFileSync(RECORDED, text);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The text of the element that has a report's data. */
function dataOf(report: string): string {
  const [, text] = /id="hawser-report">(.*?)<\/script>/s.exec(report) ?? [];
  if (text === undefined) throw new Error("the report has no data");
  return text;
}
