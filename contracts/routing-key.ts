import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';

/** What a conversation is recognised by, taken from a request before compression. */
export interface ConversationHints {
  /** The `x-fleet-conversation` header. */
  readonly conversation?: string;
  /** The request's public model name. */
  readonly model: string;
  /** The parsed request body. */
  readonly body: unknown;
}

const Message = z.looseObject({ role: z.string(), content: z.unknown().optional() });
const Body = z.looseObject({
  prompt_cache_key: z.string().min(1).optional().catch(undefined),
  messages: z.array(Message).optional().catch(undefined),
  instructions: z.unknown().optional(),
  input: z.unknown().optional(),
  prompt: z.unknown().optional(),
});

/**
 * The routing key: HMAC-SHA256, keyed with the API key's id, of the first present of the conversation
 * header, `prompt_cache_key`, and a hash of (model, system and developer messages, first user message).
 * Hex, 32 characters. Two turns of one conversation have the same key; two API keys never share one.
 */
export function routingKey(keyId: string, hints: ConversationHints): string {
  return createHmac('sha256', keyId).update(conversationOf(hints)).digest('hex').slice(0, 32);
}

function conversationOf({ conversation, model, body }: ConversationHints): string {
  if (conversation !== undefined && conversation !== '') return `conversation:${conversation}`;
  const parsed = Body.safeParse(body);
  const fields = parsed.success ? parsed.data : {};
  if (fields.prompt_cache_key !== undefined) return `cache-key:${fields.prompt_cache_key}`;
  const opening = JSON.stringify([model, openingOf(fields)]);
  return `opening:${createHash('sha256').update(opening).digest('hex')}`;
}

function openingOf(fields: Partial<z.infer<typeof Body>>): unknown {
  const messages = fields.messages ?? messagesOf(fields.input);
  if (messages === undefined) return [fields.instructions ?? null, fields.input ?? fields.prompt ?? null];
  const instructions = messages.filter(({ role }) => role === 'system' || role === 'developer');
  const firstUser = messages.find(({ role }) => role === 'user');
  return [
    fields.instructions ?? null,
    instructions.map(({ content }) => content ?? null),
    firstUser?.content ?? null,
  ];
}

function messagesOf(input: unknown): z.infer<typeof Message>[] | undefined {
  const parsed = z.array(Message).safeParse(input);
  return parsed.success ? parsed.data : undefined;
}
