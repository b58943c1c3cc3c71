import { TOOLS } from '../../ask/catalogue.ts';
import { addressOf, type Configuration } from '../../ask/configuration.ts';
import { type Checked, converse, type Outcome } from '../../ask/conversation.ts';
import { hclOf } from '../../ask/hcl.ts';
import type { Answer, Message } from '../../ask/messages.ts';
import { PROVIDER_SCHEMAS } from '../../ask/schemas.ts';

export interface Turn {
  readonly calls?: readonly (readonly [name: string, given: unknown])[];
  readonly content?: string;
  readonly complete?: boolean;
}

export interface Ran {
  readonly outcome: Outcome<Checked>;
  /** What the model was sent last. */
  readonly messages: readonly Message[];
  readonly checked: readonly Configuration[];
}

/** Lets a script answer, one turn after the other, then DONE. `problems`: what the checks find, one list for each time. */
export async function run(
  request: string,
  turns: readonly Turn[],
  { corrections = 4, problems = [] as readonly (readonly string[])[] } = {},
): Promise<Ran> {
  let messages: readonly Message[] = [];
  let next = 0;
  const checked: Configuration[] = [];
  const outcome = await converse(request, {
    tools: TOOLS,
    schemas: PROVIDER_SCHEMAS,
    corrections,
    progress: () => undefined,
    model: async (sent) => {
      messages = [...sent];
      const { calls = [], content, complete = true } = turns[next] ?? { content: 'DONE' };
      next += 1;
      return answer(calls, content ?? '', complete, next);
    },
    check: async (configuration) => {
      checked.push(configuration);
      return { problems: problems[checked.length - 1] ?? [] };
    },
  });
  return { outcome, messages, checked };
}

function answer(
  calls: NonNullable<Turn['calls']>,
  content: string,
  complete: boolean,
  number: number,
): Answer {
  return {
    content,
    complete,
    promptTokens: 100,
    completionTokens: 10,
    calls: calls.map(([name, given], index) => ({
      id: `${number}-${index}`,
      name,
      arguments: typeof given === 'string' ? given : JSON.stringify(given),
    })),
  };
}

export const addresses = ({ outcome }: Ran) =>
  outcome.kind === 'written' ? outcome.configuration.resources.map(addressOf) : [];
export const code = ({ outcome }: Ran) =>
  outcome.kind === 'written' ? hclOf(outcome.configuration, { explain: false, header: false }) : '';
export const lastFeedback = ({ messages }: Ran) =>
  messages.at(-1)?.role === 'assistant' ? '' : String(messages.at(-1)?.content);
export const BUCKET = ['create_s3_bucket', { bucket: 'my-data' }] as const;
