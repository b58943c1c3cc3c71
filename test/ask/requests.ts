import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../support/local-project.ts';
import type { ScriptedTurn } from '../support/scripted-model.ts';

/** One answer as the file has it. */
interface Turn {
  readonly calls?: readonly Readonly<Record<string, unknown>>[];
  readonly say?: string;
  readonly finish?: 'length';
}

/** One request of test/fixtures/ask/requests.yaml. */
export interface AskRequest {
  readonly request: string;
  /** What the model gets wrong. */
  readonly errs?: string;
  readonly turns: readonly ScriptedTurn[];
  readonly corrections: number;
  readonly ends: 'written' | 'question' | 'refused';
  /** What a refusal names. */
  readonly says: string;
  readonly has: readonly string[];
  readonly hasNot: readonly string[];
  /** Whether it needs Google's provider. */
  readonly google: boolean;
}

type Listed = Partial<Omit<AskRequest, 'turns'>> & {
  readonly request: string;
  readonly turns: readonly Turn[];
};

/** The forty requests. */
export function askRequests(): AskRequest[] {
  const listed = parse(
    readFileSync(join(ROOT, 'test/fixtures/ask/requests.yaml'), 'utf8'),
  ) as readonly Listed[];
  return listed.map(({ turns, ...rest }) => ({
    ...{ corrections: 0, ends: 'written', says: '', has: [], hasNot: [], google: false },
    ...rest,
    turns: turns.map(({ calls = [], say, finish }) => ({
      calls: calls.flatMap((call) =>
        Object.entries(call).map(([name, given]) => ({ name, arguments: given })),
      ),
      content: say,
      finish,
    })),
  }));
}
