/** What an operation would do to what stands now: pieces and kinds are asked, and touch nothing. */
import { errorText } from "../base/index.ts";
import type { PlanStep } from "../plugin/index.ts";
import { CniError } from "../spec/index.ts";
import type { Garbage, Piece, Removable } from "./kind.ts";
import type { FileScene } from "./scene.ts";
import { type Finding, made, type Standing } from "./standing.ts";

/** A scene that may have namespaces, which are opened when they are asked for. */
type AnyScene = FileScene & { readonly namespaces?: { readonly netns: unknown } };

/** The steps of an ADD that makes these pieces. One that would be refused does not end the comparison. */
export async function comparePieces(
  scene: AnyScene,
  pieces: readonly Piece[],
): Promise<PlanStep[]> {
  const refusal = refusalOfNamespace(scene);
  if (refusal !== undefined) return [refusal, ...pieces.flatMap((piece) => stepsInWords(piece))];
  const steps: PlanStep[] = [];
  for (const piece of pieces) steps.push(...(await stepsOf(piece)));
  return steps;
}

/** The steps of a DEL of these kinds, which goes from the back. */
export async function compareKinds<S extends FileScene>(
  scene: S,
  kinds: readonly Removable<S>[],
): Promise<PlanStep[]> {
  return await findingsOf(kinds, async (kind) => await kind.found?.(scene));
}

/** The same of a GC. */
export async function compareGarbage<S extends FileScene>(
  scene: S,
  kinds: readonly Removable<S>[],
  garbage: Garbage,
): Promise<PlanStep[]> {
  return await findingsOf(kinds, async (kind) => await kind.stale?.(scene, garbage));
}

/** Without the container's namespace no ADD begins, and nothing in it can be compared. */
function refusalOfNamespace({ ctx, namespaces }: AnyScene): PlanStep | undefined {
  try {
    void namespaces?.netns;
    return undefined;
  } catch (error) {
    return { step: "namespace", text: ctx.netns, standing: "refused", now: reason(error) };
  }
}

function stepsInWords(piece: Piece): PlanStep[] {
  const text = piece.describe();
  return text === undefined ? [] : [{ step: piece.name, text, standing: "unknown" }];
}

async function stepsOf(piece: Piece): Promise<PlanStep[]> {
  const { name: step } = piece;
  try {
    await piece.find?.();
    const {
      text = piece.describe(),
      delegated = [],
      ...standing
    }: Standing = (await piece.compare?.()) ?? made();
    return text === undefined ? [...delegated] : [{ step, text, ...standing }, ...delegated];
  } catch (error) {
    const text = piece.describe() ?? "";
    const standing = error instanceof CniError ? "refused" : "unknown";
    return [{ step, text, standing, now: reason(error) }];
  }
}

async function findingsOf<S extends FileScene>(
  kinds: readonly Removable<S>[],
  search: (kind: Removable<S>) => Promise<readonly Finding[] | undefined>,
): Promise<PlanStep[]> {
  const steps: PlanStep[] = [];
  for (const kind of kinds.toReversed()) {
    try {
      const found = (await search(kind)) ?? [];
      steps.push(...found.map((finding) => ({ step: kind.name, ...finding })));
    } catch (error) {
      const text = "what is there of it cannot be told";
      steps.push({ step: kind.name, text, standing: "unknown", now: reason(error) });
    }
  }
  return steps;
}

function reason(error: unknown): string {
  if (!(error instanceof CniError)) return errorText(error);
  const { msg, details } = error;
  return details === undefined ? msg : `${msg}; ${details}`;
}
