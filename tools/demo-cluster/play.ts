import { existsSync, readdirSync } from "node:fs";
import { makeHost } from "../demo/host.ts";
import { Stage } from "../demo/stage.ts";
import { cutOff, death, join, memberDies, members, traffic } from "./acts.ts";
import { DemoFleet } from "./fleet.ts";

/** Plays the demo inside the throwaway host and gives the exit code. */
export async function play(env: Readonly<Record<string, string | undefined>>): Promise<number> {
  const started = performance.now();
  const stage = new Stage(env);
  makeHost();
  const before = traces();
  const directories: string[] = [];
  try {
    stage.title("A fleet on one machine");
    await using fleet = await DemoFleet.create();
    directories.push(fleet.etcd.directory, fleet.lab.directory);
    for (const act of [members, join, traffic, cutOff, memberDies, death]) await act(stage, fleet);
  } catch (error) {
    await stage.prove("the demo comes to its end", () => {
      throw error;
    });
  }
  stage.part("Nothing is left");
  await stage.prove("no namespace, link, file or member of etcd is left", () => {
    const made = traces().filter((trace) => !before.includes(trace));
    const left = [...made, ...directories.filter((path) => existsSync(path))];
    if (left.length > 0) throw new Error(left.join("\n"));
    return "";
  });
  return stage.finish(performance.now() - started);
}

/** What the fleet could leave behind: the namespaces of this process are gone with it. */
function traces(): string[] {
  const names = (directory: string, pattern: RegExp): string[] =>
    (existsSync(directory) ? readdirSync(directory) : [])
      .filter((name) => pattern.test(name))
      .map((name) => `${directory}/${name}`);
  return [...names("/run/netns", /./), ...names("/sys/class/net", /^(?!lo$)/)];
}
