/** `hawser doctor`: why a container has no network, and what is wrong with the node. */
import { createColors } from "picocolors";
import { diagnosisForm, isHealthy, stageForm } from "../../api/form/index.ts";
import { defined, printable } from "../../base/index.ts";
import {
  choose,
  type Diagnosis,
  examineAttachment,
  examineNode,
  examineStranger,
  type Node,
  nodeOf,
  type Stage,
  type StageState,
  storyJson,
  storyLines,
  type Target,
} from "../../doctor/index.ts";
import { isOwn } from "../../plugins/registry/index.ts";
import type { JsonObject } from "../../spec/index.ts";
import type { Pod } from "../../view/index.ts";
import { placesOf } from "../../view/sources/index.ts";
import { attachmentsNamed, nameShown } from "../attachments.ts";
import { type CliIo, ExitCode } from "../io.ts";
import { json } from "../json.ts";
import { type CommonOptions, confDir, DEFAULT_IFNAME, netnsPath, UsageError } from "../request.ts";
import { Session } from "../session.ts";
import { socketsOf } from "../sockets.ts";
import { VERSION } from "../version.ts";

/** What `doctor` has beside the common options. */
export interface DoctorOptions extends CommonOptions {
  readonly to?: Target;
  readonly trace?: boolean;
}

/** Of a network with many containers so many are examined. */
const CONTAINERS_MAX = 16;

/** `hawser doctor [CONTAINER]`: without a container the node as a whole. */
export async function runDoctor(
  io: CliIo,
  container: string | undefined,
  options: DoctorOptions,
): Promise<number> {
  const session = new Session(io, options, "DOCTOR");
  let code: number = ExitCode.DONE;
  const ended = await session.run(async () => {
    if (container === undefined && options.to !== undefined) {
      throw new UsageError("--to says where a container sends to: name the container, too");
    }
    if (options.trace === true && options.to?.port === undefined) {
      throw new UsageError("--trace sends a packet: say where to by --to ADDRESS:PORT");
    }
    if (io.isRoot === false) throw refusal();
    const node = nodeOfCall(session);
    const healthy =
      container === undefined
        ? await ofNode(session, node)
        : await ofContainer(session, node, { word: container, ...options });
    if (!healthy) code = ExitCode.FAILED;
  });
  return ended === ExitCode.DONE ? code : ended;
}

/** As the kernel would refuse each look by itself. */
function refusal(): Error {
  const text = "namespaces of containers, and the packet filter, are for root alone to look at";
  return Object.assign(new Error(text), { code: "EACCES" });
}

function nodeOfCall(session: Session): Node {
  const { io, options } = session;
  const { cacheDir } = options;
  return nodeOf({
    env: io.env,
    places: placesOf(io.env, { confDir: confDir(io, options), cacheDir }),
    pluginDirs: session.dirs,
    runtime: session.runtime(),
    version: VERSION,
    now: Date.now(),
    sockets: socketsOf(io),
  });
}

async function ofNode(session: Session, node: Node): Promise<boolean> {
  session.account.silence();
  const stages = await examineNode(node);
  const healthy = isHealthy(stages);
  session.answer({ healthy, stages: stages.map((stage) => json(stageForm(stage))) });
  if (!session.json) print(session, stages, "this node");
  return healthy;
}

async function ofContainer(
  session: Session,
  node: Node,
  { word, to, ifname, trace }: DoctorOptions & { readonly word: string },
): Promise<boolean> {
  const { io } = session;
  session.account.silence();
  const choice = choose(node.view, word, netnsPath(io, word));
  if (choice.kind === "unclear") {
    attachmentsNamed(node.view.attachments, word);
    throw new UsageError(`${word} names no container`);
  }
  if (choice.kind === "network") {
    session.warn(`nothing is attached to ${choice.name}: the node as a whole is looked at`);
    return await ofNode(session, node);
  }
  const all = choice.kind === "attachments" ? choice.attachments : [];
  if (all.length > CONTAINERS_MAX) {
    session.warn(`${all.length} attachments: the first ${CONTAINERS_MAX} are examined`);
  }
  const { signal } = io;
  const question = {
    target: to,
    repairs: (path: string) => isOwn(path, io.program),
    trace: trace === true ? { signal } : undefined,
  };
  const diagnoses: (Diagnosis & { readonly pod?: Pod | undefined })[] = [];
  for (const one of all.slice(0, CONTAINERS_MAX)) {
    if (ifname !== undefined && one.ifName !== ifname) continue;
    diagnoses.push({ ...(await examineAttachment(node, one, question)), pod: one.pod });
  }
  if (choice.kind === "namespace") {
    const ifName = ifname ?? DEFAULT_IFNAME;
    diagnoses.push(await examineStranger(node, { netns: choice.path, ifName }, question));
  }
  if (diagnoses.length === 0) throw new UsageError(`${word} has no interface ${ifname ?? ""}`);
  const healthy = diagnoses.every(({ stages }) => isHealthy(stages));
  session.answer({ healthy, diagnoses: diagnoses.map(diagnosisJson) });
  if (session.json) return healthy;
  for (const diagnosis of diagnoses) {
    print(session, diagnosis.stages, titleOf(diagnosis));
    printPacket(session, diagnosis);
  }
  return healthy;
}

/** What became of the packet that was sent. */
function printPacket(session: Session, { packet, noPacket }: Diagnosis): void {
  if (packet !== undefined) for (const line of storyLines(packet)) session.say(printable(line));
  if (noPacket !== undefined) session.say(`no packet was sent: ${printable(noPacket)}`);
}

function titleOf(one: Diagnosis & { readonly pod?: Pod | undefined }): string {
  const { network, containerId, ifName, netns } = one;
  if (containerId === "") return `${ifName} in ${netns}`;
  return `${nameShown(one)} (${ifName}) in ${network}`;
}

const SIGNS: Readonly<Record<StageState, string>> = {
  passed: "✓",
  failed: "✗",
  warned: "!",
  "not-reached": "·",
};

/** A line for each stage, its findings under it, and at the end which stages failed. */
function print(session: Session, stages: readonly Stage[], title: string): void {
  const { stdout } = session.io;
  const colors = createColors(stdout.color);
  const paint = {
    passed: colors.green,
    failed: colors.red,
    warned: colors.yellow,
    "not-reached": colors.dim,
  };
  const lines = [colors.bold(title)];
  for (const stage of stages) {
    const note = stage.note === undefined ? "" : colors.dim(`: ${stage.note}`);
    lines.push(`${paint[stage.state](SIGNS[stage.state])} ${stage.title}${note}`);
    if (session.options.verbose === true) {
      lines.push(...stage.looked.map((what) => colors.dim(`    looked at ${what}`)));
    }
    for (const { name, message, remedy } of stage.findings) {
      lines.push(`    ${message} ${colors.dim(`[${name}]`)}`);
      lines.push(`      ${colors.cyan(remedy)}`);
    }
  }
  lines.push(summary(stages, colors));
  stdout.write(`${lines.join("\n")}\n`);
}

function summary(stages: readonly Stage[], colors: ReturnType<typeof createColors>): string {
  const named = (state: StageState): string =>
    stages
      .filter((stage) => stage.state === state)
      .map(({ title }) => title)
      .join(", ");
  const [failed, warned] = [named("failed"), named("warned")];
  if (failed === "" && warned === "") return colors.green("nothing is wrong");
  const parts = [
    ...(failed === "" ? [] : [colors.red(`failed: ${failed}`)]),
    ...(warned === "" ? [] : [colors.yellow(`look at: ${warned}`)]),
  ];
  return parts.join("; ");
}

function diagnosisJson(diagnosis: Diagnosis): JsonObject {
  const { packet, noPacket } = diagnosis;
  return {
    ...json(diagnosisForm(diagnosis)),
    ...defined({ packet: packet && storyJson(packet), noPacket }),
  };
}
