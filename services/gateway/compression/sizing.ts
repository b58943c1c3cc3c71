import { createHash } from 'node:crypto';
import type { Json } from '../json.ts';
import type { Entry } from './conversation.ts';
import { type ConversationBytes, conversationBytes, elementBytes } from './splice.ts';
import type { TokenMemory } from './token-memory.ts';

/** A conversation with its tokens counted. */
export interface SizedConversation {
  readonly bytes: ConversationBytes;
  readonly entries: readonly (Entry & { readonly tokens: number })[];
  /** SHA-256 of each element's bytes. */
  readonly hashes: readonly string[];
  /** All tokens of the request, tools and instructions with them. */
  readonly total: number;
}

/** Around every message stands a handful of tokens of the chat format. */
export const MESSAGE_TOKENS = 4;

/** @throws TokensUnknown */
export async function sizeConversation(
  entries: readonly Entry[],
  { body, json, member }: { readonly body: Buffer; readonly json: Json; readonly member: string },
  memory: TokenMemory,
): Promise<SizedConversation> {
  const bytes = conversationBytes(body, member);
  const hashes = entries.map((_, index) => sha256(elementBytes(bytes, index)));
  const rest = JSON.stringify([json.tools, json.instructions]);
  const counts = await memory.count([
    ...entries.map(({ text }, index) => ({ id: hashes[index] ?? '', text })),
    { id: sha256(rest), text: rest },
  ]);
  const sized = entries.map((entry, index) => ({ ...entry, tokens: (counts[index] ?? 0) + MESSAGE_TOKENS }));
  const total = sized.reduce((sum, { tokens }) => sum + tokens, counts.at(-1) ?? 0);
  return { bytes, entries: sized, hashes, total };
}

function sha256(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}
