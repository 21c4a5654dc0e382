/** The map as lines of text. */
export { fit, oneLine } from "./fit.ts";
export { ASCII, LINES, type LinePart, type Stems, type TreeLine, treeOf } from "./tree.ts";
