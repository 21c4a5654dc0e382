import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { TestBrowser } from "../../tests/support/browser.ts";
import { CAST, DRIFTED, LEAKED_ADDRESS, playCast } from "../../tests/support/ui-cast.ts";
import { UiNode, wayOut } from "../../tests/support/ui-node.ts";
import { UiServer } from "../../tests/support/ui-server.ts";
import { makeContainer, makeHost, makeOutside } from "../demo/host.ts";
import { Stage } from "../demo/stage.ts";
import { SHOTS, shootAll } from "../pictures/shots.ts";

export interface PlayOptions {
  /** A directory for pictures; without it the page is there to be opened. */
  readonly screenshot?: string | undefined;
  readonly socket?: string | undefined;
  /** Of the machine, which leads to the socket. */
  readonly port?: string | undefined;
}

/** Plays the demo inside the throwaway host and gives the exit code. */
export async function play(
  { screenshot, socket = "", port = "" }: PlayOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const stage = new Stage(env);
  makeHost();
  const [gateway = ""] = makeOutside().addresses;
  wayOut("uplink", gateway);
  using node = new UiNode((name) => makeContainer(name).netns);
  await playCast(node);
  stage.say(
    `A throwaway node with two networks and ${CAST.length} attachments: the link of ${DRIFTED} is down, and ` +
      `${LEAKED_ADDRESS} is reserved for a container that nothing else knows.`,
  );
  if (screenshot !== undefined) {
    await takePictures(stage, node, resolve(screenshot));
    return 0;
  }
  await using server = await UiServer.start(node.env, ["--socket", socket]);
  stage.say(`\nopen http://localhost:${port}/#token=${server.token}`);
  stage.note("Ctrl-C ends it, and leaves nothing");
  await interrupted();
  return 0;
}

async function takePictures(stage: Stage, node: UiNode, directory: string): Promise<void> {
  mkdirSync(directory, { recursive: true });
  await using server = await UiServer.start(node.env);
  await using browser = await TestBrowser.start();
  for await (const [name, picture] of shootAll(browser, server.address, SHOTS)) {
    const path = join(directory, `${name}.png`);
    writeFileSync(path, picture);
    stage.say(path);
  }
}

async function interrupted(): Promise<void> {
  await new Promise<void>((done) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, done);
  });
}
