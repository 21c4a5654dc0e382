/**
 * The guard of every kernel test: the test runner preloads this file into each `*.netns.test.ts` and
 * `*.client.test.ts`, so that none can ever touch the network of the machine that it runs on.
 */
import { requireOwnNamespaces } from "./namespaces.ts";

requireOwnNamespaces();
