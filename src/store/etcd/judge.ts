import { Code, ConnectError } from "@connectrpc/connect";
import type { StoreFault } from "../index.ts";

/** What an error of a call means. */
export interface Judgement {
  readonly fault: StoreFault;
  /** For an operator, as the rest of a sentence that names the endpoint and the call. */
  readonly text: string;
  /** Nothing was changed: another attempt cannot do it twice. */
  readonly isCertain: boolean;
  /** Another endpoint, or the same one later, may do better. */
  readonly next: "give up" | "another" | "authenticate";
  /** A member answered: the connection works. */
  readonly isAnswer: boolean;
}

/** What etcd says, by a part of its text; what it checks before it does anything changes nothing. */
const SAID: readonly (readonly [part: string, judgement: Omit<Judgement, "isAnswer">])[] = [
  said("invalid auth token", "denied", "the token of the user is not valid", "authenticate"),
  said("revision of auth store is old", "denied", "users have been changed", "authenticate"),
  said(
    "invalid user ID or password",
    "denied",
    "user or password are wrong: compare them with `etcdctl user list` and the configuration",
  ),
  said("user name is empty", "denied", "etcd asks for a user, and none is configured"),
  said(
    "permission denied",
    "denied",
    "the user may not do that: `etcdctl role grant-permission` gives a role reading and writing of a prefix",
  ),
  [
    "database space exceeded",
    told(
      "full",
      "no space is left: compact and defragment etcd, or raise its quota, then `etcdctl alarm disarm`",
      // The change by which etcd finds out that its quota is exceeded is answered so, and made.
      false,
      "give up",
    ),
  ],
  said("has been compacted", "compacted", "the revision has been compacted"),
  [
    "configured readMaxBytes",
    told(
      "refused",
      "its answer is larger than 32 MiB: ask for fewer keys at a time",
      false,
      "give up",
    ),
  ],
  said(
    "corrupt cluster",
    "wrong answer",
    "etcd has raised the alarm CORRUPT: its members disagree",
  ),
  said(
    "no leader",
    "unreachable",
    "this member sees no leader: have more than half of them failed?",
    "another",
  ),
  said("too many requests", "unreachable", "it has too many requests at work", "another"),
];

/** What keeps a question from being asked, by the code of the system's error. */
const IN_THE_WAY: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: does etcd run?",
  ENOTFOUND: "its name is not known",
  EAI_AGAIN: "its name cannot be looked up",
  EHOSTUNREACH: "no way leads there",
  ENETUNREACH: "no way leads there",
  ERR_HTTP2_ERROR: "it does not answer as etcd does: is that the port for clients?",
};

const NO_TLS = "it ended the connection where TLS begins: does its endpoint begin with http://?";

export function judge(error: unknown): Judgement {
  const { code, rawMessage, cause } = ConnectError.from(error);
  const found = SAID.find(([part]) => rawMessage.includes(part));
  if (found !== undefined) return { ...found[1], isAnswer: true };
  const isAnswer = rawMessage.startsWith("etcdserver:");
  switch (code) {
    case Code.InvalidArgument:
    case Code.NotFound:
    case Code.FailedPrecondition:
    case Code.AlreadyExists:
    case Code.OutOfRange:
      return { ...told("refused", rawMessage, true, "give up"), isAnswer: true };
    case Code.ResourceExhausted:
      return { ...told("refused", rawMessage, isAnswer, "give up"), isAnswer: true };
    case Code.PermissionDenied:
    case Code.Unauthenticated:
      return { ...told("denied", rawMessage, true, "give up"), isAnswer: true };
    case Code.Unimplemented: {
      const text = `it does not speak etcd's interface of version 3 (${rawMessage})`;
      return { ...told("wrong answer", text, true, "another"), isAnswer: true };
    }
    case Code.DeadlineExceeded: {
      const text = isAnswer
        ? rawMessage
        : "it did not answer in time: is it overloaded or cut off?";
      return { ...told("unreachable", text, false, "another"), isAnswer };
    }
    default: {
      const inTheWay = rawMessage.includes("before secure TLS")
        ? NO_TLS
        : IN_THE_WAY[codeOf(cause)];
      const text = inTheWay === undefined ? rawMessage : `${inTheWay} (${rawMessage})`;
      return { ...told("unreachable", text, false, "another"), isAnswer };
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "";
}

function said(
  part: string,
  fault: StoreFault,
  text: string,
  next: Judgement["next"] = "give up",
): readonly [string, Omit<Judgement, "isAnswer">] {
  return [part, told(fault, text, true, next)];
}

function told(
  fault: StoreFault,
  text: string,
  isCertain: boolean,
  next: Judgement["next"],
): Omit<Judgement, "isAnswer"> {
  return { fault, text, isCertain, next };
}
