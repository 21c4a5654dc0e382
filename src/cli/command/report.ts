/** `hawser report`: all that the page of `hawser ui` shows, in one file that needs nothing else. */
import { openSync, renameSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { Api, ROOT } from "../../api/index.ts";
import { errnoName, errorText, printable } from "../../base/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { writeAndClose, writeAside } from "../../state/files/index.ts";
import type { CliIo } from "../io.ts";
import { compileAsUsual } from "../jit.ts";
import {
  collectAnswers,
  type ReportAnswers,
  reportFile,
  withoutAddresses,
  withoutSecrets,
} from "../node-report/index.ts";
import { reportPage } from "../page.ts";
import type { CommonOptions } from "../request.ts";
import { Session } from "../session.ts";
import { surroundingsOf } from "../surroundings.ts";
import { VERSION } from "../version.ts";

/** What `report` has beside the common options. */
export interface ReportOptions extends CommonOptions {
  readonly output?: string;
  readonly maskAddresses?: boolean;
  readonly force?: boolean;
}

const PRIVATE = 0o600;
/** As it is written for standard output. */
const STDOUT = "-";

/** `hawser report` */
export async function runReport(io: CliIo, options: ReportOptions): Promise<number> {
  const session = new Session(io, options, "REPORT");
  return await session.run(async () => {
    const { output = usualName(), maskAddresses = false, force = false } = options;
    const path = resolve(io.cwd, output);
    if (output !== STDOUT && !force) requireFree(path);
    compileAsUsual();
    const page = await reportPage();
    const collected = await answersOf(session);
    const answers = withoutSecrets(collected.answers);
    const { leftOut } = collected;
    const text = reportFile(page, {
      ...{ hawser: VERSION, made: new Date().toISOString(), maskedAddresses: maskAddresses },
      leftOut,
      answers: maskAddresses ? withoutAddresses(answers) : answers,
    });
    for (const problem of collected.problems) session.warn(printable(problem));
    if (Object.keys(leftOut).length > 0) session.warn(leftOutText(leftOut));
    if (output === STDOUT) {
      io.stdout.write(text);
      return;
    }
    writeReport(path, text, force);
    session.answer({
      ...{ file: path, bytes: Buffer.byteLength(text) },
      ...{ leftOut, maskedAddresses: maskAddresses },
    });
    session.say(`${output} has it all: open it in any browser, which needs no network for it`);
    session.warn(whatIsInIt(maskAddresses));
  });
}

/** Asks the API in this process, as `hawser ui` would be asked. */
async function answersOf(session: Session): Promise<ReportAnswers> {
  using api = new Api({ ...surroundingsOf(session, "report"), isOfOneMoment: true });
  const ask = async (path: string): Promise<unknown> => {
    session.io.signal.throwIfAborted();
    const response = await api.respond(new Request(`http://localhost${ROOT}${path}`));
    const answer = (await response.json()) as { readonly error?: { readonly msg: string } };
    if (!response.ok) throw new Error(answer.error?.msg ?? `status ${response.status}`);
    return answer;
  };
  return await collectAnswers(ask, { onError: errorText });
}

function usualName(): string {
  const host = hostname().replaceAll(/[^\w.-]/gu, "_");
  const time = new Date().toISOString().replace(/\..*/u, "").replaceAll(":", "");
  return `hawser-report-${host}-${time}.html`;
}

/** @throws CniError for a path at which something is */
function requireFree(path: string): void {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) throw isThere(path);
}

function isThere(path: string): CniError {
  return new CniError(ErrorCode.IO_FAILURE, `${path} exists`, {
    advice: "name another file, or write over this one with --force",
  });
}

/** For its owner alone. What is replaced stays whole until the new one is. */
function writeReport(path: string, text: string, force: boolean): void {
  const aside = `${path}.new`;
  try {
    if (force) {
      writeAside(aside, text);
      renameSync(aside, path);
    } else {
      writeAndClose(openSync(path, "wx", PRIVATE), text);
    }
  } catch (error) {
    if (errnoName(error) === "EEXIST") throw isThere(path);
    rmSync(force ? aside : path, { force: true });
    throw new CniError(ErrorCode.IO_FAILURE, `${path} cannot be written: ${errorText(error)}`, {
      cause: error,
    });
  }
}

function leftOutText(leftOut: ReportAnswers["leftOut"]): string {
  const parts = Object.entries(leftOut).map(([kind, count]) => `${count} of ${kind}`);
  return `the report would be too large: it does not have ${parts.join(", ")}`;
}

function whatIsInIt(masked: boolean): string {
  const addresses = masked ? "stand-ins for addresses" : "addresses (--mask-addresses), paths";
  return (
    `in it are names of this host, networks, containers and pods, ${addresses}, and configurations; ` +
    "secrets that Hawser knows by their keys or their form are masked, others are not: " +
    "read it before you give it away"
  );
}
