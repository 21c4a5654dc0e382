import { expect } from "bun:test";
import { rmSync } from "node:fs";
import type { JsonObject } from "../../src/spec/index.ts";
import { forEachTest, HostLab, type LabOptions, made } from "./host-lab.ts";
import { answerProblems } from "./json-schema.ts";
import { NodeDirectory } from "./node-directory.ts";
import { type ProgramAnswer, type StartOptions, startProgram } from "./program.ts";

/** Call it at the top of a test file: a throwaway node for the command line, as new for each test. */
export function cliLab(options: LabOptions = {}): CliLab {
  return forEachTest(new CliLab(options));
}

/** A host with a directory of networks and plugins, and `hawser` started where it finds them. */
export class CliLab extends HostLab {
  #node: NodeDirectory | undefined;

  get node(): NodeDirectory {
    return made(this.#node);
  }

  override async begin(): Promise<void> {
    this.#node = new NodeDirectory();
    await super.begin();
  }

  override async end(): Promise<void> {
    await super.end();
    rmSync("/var/lib/cni/results", { recursive: true, force: true });
    this.node.remove();
  }

  /** Runs the program, as `hawser` or by a plugin's name. */
  async start(
    name: string,
    words: readonly string[],
    { env = {}, ...more }: StartOptions = {},
  ): Promise<ProgramAnswer> {
    const own = { ...this.node.env, ...env };
    return await startProgram(name, words, { env: own, ...more });
  }

  async hawser(...words: string[]): Promise<ProgramAnswer> {
    return await this.start("hawser", words);
  }

  /** The same where it has to succeed. */
  async must(...words: string[]): Promise<ProgramAnswer> {
    const answer = await this.hawser(...words);
    expect([words, answer.code, answer.code === 0 ? "" : answer.stderr]).toEqual([words, 0, ""]);
    return answer;
  }

  /** The answer for programs, which has the form that is promised; a failure is an answer, too. */
  async json(...words: string[]): Promise<JsonObject> {
    const { stdout, stderr } = await this.hawser(...words, "--json");
    const answer = JSON.parse(stdout) as JsonObject;
    expect([words, stderr, answerProblems(answer)]).toEqual([words, stderr, []]);
    return answer;
  }
}
