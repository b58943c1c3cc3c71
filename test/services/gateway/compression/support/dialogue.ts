import { madeUpText } from '../../../../../services/vllm-simulator/answers.ts';

export interface Message {
  readonly role: string;
  readonly content: string | null;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly type: 'function';
    readonly function: unknown;
  }[];
  readonly tool_call_id?: string;
}

export const SYSTEM: Message = {
  role: 'system',
  content: 'You are a careful clerk. Answer in one sentence.',
};

/** About `tokens` tokens of text that depends on `seed` only. */
export function words(tokens: number, seed: number): string {
  return madeUpText(tokens, seed);
}

/** A system message, `turns` turns of about `tokensPerTurn` tokens, and a question. */
export function dialogue(turns: number, tokensPerTurn: number, seed = 1): Message[] {
  const half = Math.floor(tokensPerTurn / 2);
  const past = Array.from({ length: turns }, (_, turn): Message[] => [
    { role: 'user', content: `Question ${turn}: ${words(half, seed * 1000 + turn)}` },
    { role: 'assistant', content: `Answer ${turn}: ${words(half, seed * 2000 + turn)}` },
  ]);
  return [SYSTEM, ...past.flat(), { role: 'user', content: `Question ${turns}: what now?` }];
}
