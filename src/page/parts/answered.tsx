import type { ComponentChildren, VNode } from "preact";
import type { Answer } from "../state/answers.ts";
import { usePage } from "../state/use-page.ts";
import { count } from "../words/text.ts";
import { Text } from "./text.tsx";
import { Age } from "./time.tsx";

/** What a view shows of an answer: the value where there is one, and why there is none, or no newer one. */
export function Answered<Value>(props: {
  answer: Answer<Value>;
  /** What is waited for, such as `attachments`. */
  what: string;
  children: (value: Value) => VNode;
}): VNode {
  const { answer, what, children } = props;
  if (answer.value === undefined) {
    return answer.failure === undefined ? <Loading what={what} /> : <Failure {...props} />;
  }
  return (
    <>
      {answer.failure === undefined ? null : <Failure {...props} />}
      {children(answer.value)}
    </>
  );
}

function Loading({ what }: { what: string }): VNode {
  return (
    <div class="loading" role="status">
      <p>Reading {what} …</p>
      <div class="bar" />
      <div class="bar" />
      <div class="bar" />
    </div>
  );
}

function Failure<Value>({ answer, what }: { answer: Answer<Value>; what: string }): VNode | null {
  const page = usePage();
  const { failure, at } = answer;
  if (failure === undefined) return null;
  // The banner of the page says this for all views at once.
  const isSaid = failure.kind === "forbidden" || failure.kind === "unreachable";
  if (isSaid && at !== undefined) return null;
  if (isSaid) {
    const why = failure.kind === "forbidden" ? "without the token" : "before something answers";
    return <p class="empty">Nothing is shown {why}.</p>;
  }
  if (failure.kind === "gone") return <Gone what={what} at={at} />;
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>The {what} could not be read.</strong> <Text of={failure.message} max={500} />
        {failure.code === undefined ? null : <span class="muted"> (code {failure.code})</span>}
      </p>
      {failure.details === undefined ? null : (
        <p class="muted">
          <Text of={failure.details} max={1000} />
        </p>
      )}
      {failure.todo === undefined ? null : (
        <p>
          <Text of={failure.todo} max={500} />
        </p>
      )}
      {at === undefined ? null : (
        <p class="muted">
          What is shown was read <Age of={at} />.
        </p>
      )}
      <button type="button" onClick={() => page.answers.refresh()}>
        Read again
      </button>
    </div>
  );
}

/** A link may name what has gone, and what is shown may go. */
function Gone({ what, at }: { what: string; at: number | undefined }): VNode {
  if (at === undefined) {
    return (
      <Empty title={`There is no such ${what} on this node`}>
        <p>It may have been there when this link was made.</p>
      </Empty>
    );
  }
  return (
    <div class="notice warn" role="alert">
      <p>
        <strong>This {what} is gone.</strong> What is shown was read <Age of={at} />.
      </p>
    </div>
  );
}

/** Sources that could not be read, as when the reader is not root: the rest is shown. */
export function Problems({ of: problems }: { of: readonly string[] }): VNode | null {
  if (problems.length === 0) return null;
  return (
    <details class="notice warn">
      <summary>
        {count(problems.length, "source")} could not be read; what is shown may lack something
      </summary>
      <ul>
        {problems.map((problem) => (
          <li key={problem}>
            <Text of={problem} max={1000} />
          </li>
        ))}
      </ul>
    </details>
  );
}

/** A bounded list says that it was cut. */
export function More({ shown, what }: { shown: number; what: string }): VNode {
  return (
    <p class="notice calm">
      The first {count(shown, what)} are shown: there are more than one answer holds. Choose by
      network, pod or address to see others.
    </p>
  );
}

/** Nothing to show, and what brings something. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }): VNode {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children === undefined ? null : <div class="muted">{children}</div>}
    </div>
  );
}
