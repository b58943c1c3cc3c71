import { elementsOf } from '../json-edit.ts';
import type { Entry } from './conversation.ts';
import type { Block } from './plan.ts';

const COMMA = Buffer.from(',');

/** The elements of a conversation's list as they stand in the body. */
export interface ConversationBytes {
  readonly body: Buffer;
  /** Where each element is: from `start` to before `end`. */
  readonly elements: readonly { readonly start: number; readonly end: number }[];
}

/** @param member The top-level member that holds the list. */
export function conversationBytes(body: Buffer, member: string): ConversationBytes {
  return { body, elements: elementsOf(body, member) };
}

export function elementBytes({ body, elements }: ConversationBytes, index: number): Buffer {
  const element = elements[index];
  return element === undefined ? Buffer.alloc(0) : body.subarray(element.start, element.end);
}

/**
 * Puts a message in the place of each block. Instructions inside a block stay, before its summary; every byte that
 * is kept is the client's own.
 */
export function replaceBlocks(
  conversation: ConversationBytes,
  entries: readonly Pick<Entry, 'kind'>[],
  replacements: readonly { readonly block: Block; readonly message: string }[],
): Buffer {
  const { body, elements } = conversation;
  const first = elements[0];
  const rest = elements[replacements.at(-1)?.block.end ?? 0];
  if (first === undefined || rest === undefined) return body;
  const parts: Buffer[] = [body.subarray(0, first.start)];
  for (const { block, message } of replacements) {
    for (let index = block.start; index < block.end; index += 1)
      if (entries[index]?.kind === 'instruction') parts.push(elementBytes(conversation, index), COMMA);
    parts.push(Buffer.from(message), COMMA);
  }
  parts.push(body.subarray(rest.start));
  return Buffer.concat(parts);
}
