import type { RolloutRecord } from '../../contracts/rollout.ts';
import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';
import type { Waiting } from './pause.ts';

/** What a person, or whoever stands in for one, decides. */
export type Decision = 'approve' | 'retry' | 'roll back';

/** Nobody is there to decide: the rollout stays open and waits. */
export class WaitsForDecision extends Failure {}

export interface Question {
  readonly why: 'gate' | 'paused';
  readonly sentence: string;
}

/**
 * Asks the person at the terminal, until `early` yields something.
 * @throws WaitsForDecision without a terminal, Interrupted
 */
export async function askDecision<T>(
  { why, sentence }: Question,
  record: Pick<RolloutRecord, 'environment' | 'model'>,
  early: () => Promise<T | undefined>,
  { ask, waiting }: Pick<Context, 'ask'> & { readonly waiting: Waiting },
): Promise<Decision | T> {
  const ways = why === 'gate' ? ['approve'] : ['approve', 'retry'];
  if (ask === undefined) throw new WaitsForDecision(waysOn(sentence, ways, record));
  for (;;) {
    const answer = await raced(ask, `${sentence}. ${[...ways, 'roll back'].join(', ')}? `, early, waiting);
    if (typeof answer !== 'string') return answer;
    const word = answer.trim().toLowerCase();
    if (word === 'approve' || (word === 'retry' && why === 'paused')) return word;
    if (word === 'roll back' || word === 'rollback') return 'roll back';
  }
}

/** The person's answer, or what came before it. */
async function raced<T>(
  ask: NonNullable<Context['ask']>,
  question: string,
  early: () => Promise<T | undefined>,
  waiting: Waiting,
): Promise<string | T> {
  const settled = new AbortController();
  let answered: { readonly text: string } | { readonly error: unknown } | undefined;
  const answering = ask(question, settled.signal).then(
    (text) => {
      answered = { text };
    },
    (error: unknown) => {
      answered = { error };
    },
  );
  try {
    const first = await waiting.until(Number.POSITIVE_INFINITY, async () => answered ?? early());
    if (answered === undefined) return first as T;
  } finally {
    settled.abort();
    await answering;
  }
  if ('error' in answered) throw answered.error;
  return answered.text;
}

function waysOn(
  sentence: string,
  ways: readonly string[],
  { environment, model }: Pick<RolloutRecord, 'environment' | 'model'>,
): string {
  const command = `fleet canary run ${environment} ${model} --resume`;
  return [
    sentence,
    `the rollout is open and waits: ${ways.map((way) => `\`${command} --${way}\``).join(' or ')}, or \`fleet canary rollback ${environment} ${model}\``,
  ].join('\n');
}
