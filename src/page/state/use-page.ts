import { createContext } from "preact";
import { useContext, useLayoutEffect } from "preact/hooks";
import type { PodForm } from "../../forms/index.ts";
import { RESOURCES, type Resource } from "../source/resources.ts";
import type { Answer } from "./answers.ts";
import type { PageState } from "./page-state.ts";

const PageContext: ReturnType<typeof createContext<PageState | undefined>> = createContext<
  PageState | undefined
>(undefined);

export const PageProvider: typeof PageContext.Provider = PageContext.Provider;

export function usePage(): PageState {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error("a component stands outside of the page");
  return page;
}

/** The answer of a resource, kept up to date while the component is shown. */
export function useAnswer<Value>(resource: Resource<Value>): Answer<Value> {
  const { answers } = usePage();
  // A resource is known by its path: an object of its own for each drawing is the same resource.
  useLayoutEffect(() => answers.watch(resource), [answers, resource.path]);
  return answers.of(resource).value;
}

/** The pods of attachments, as far as they have been read. */
export function usePods(): ReadonlyMap<string, PodForm> {
  const page = usePage();
  useAnswer(RESOURCES.attachments);
  return page.pods.value;
}
