import { Finding } from "../../check.ts";
import { type Answer, brief, type ErrorObject, ending, expectError, isObject } from "../answer.ts";
import { differences, picture, withoutGiven } from "../observe.ts";
import type { Container, PluginScene } from "../scene.ts";

/** Ways to judge that the checks of the protocol share. */

/** All that an error says in words. */
export function textOf({ msg, json }: ErrorObject): string {
  const { details } = json;
  return `${msg} ${typeof details === "string" ? details : JSON.stringify(details ?? "")}`;
}

/** The code of the specification for this fault, or one of the plugin's own. */
export function expectRefusal(answer: Answer, what: string, ...codes: number[]): ErrorObject {
  return expectError(answer, what, codes.length === 0 ? {} : { codes, orOwn: true });
}

/** Either is allowed, but it has to be the one or the other. @returns whether it was success. */
export function expectEitherEnd(answer: Answer, what: string): boolean {
  const needsResult = answer.operation === "ADD";
  const saysNothing = answer.stdout.trim() === "";
  if (answer.exitCode === 0 && (needsResult ? isObject(answer.json) : saysNothing)) return true;
  if (answer.exitCode === 0) {
    const success = needsResult ? "succeeds with a result" : "succeeds and prints nothing";
    throw new Finding({ expected: `${what} ${success}, or fails`, came: ending(answer) });
  }
  expectError(answer, what);
  return false;
}

/** @throws Finding when the calls leave anything on the host, in the containers or on the disk. */
export async function changesNothing(
  scene: PluginScene,
  containers: readonly Container[],
  what: string,
  calls: () => Promise<void>,
): Promise<void> {
  const before = await pictureOf(scene, containers);
  await calls();
  const changes = differences(before, await pictureOf(scene, containers));
  if (changes.length === 0) return;
  throw new Finding({ expected: `${what} changes nothing`, came: brief(changes.join("; ")) });
}

/** What there is, with the addresses that the suite's own IPAM plugin has reserved. */
export async function pictureOf(
  { world, stub, subject }: PluginScene,
  containers: readonly Container[],
): Promise<string[]> {
  const names = containers.map(({ name }) => name);
  const reserved = stub.reserved().map((attachment) => `reserved address of ${attachment}`);
  return [...withoutGiven(subject, await picture(world, names)), ...reserved];
}
