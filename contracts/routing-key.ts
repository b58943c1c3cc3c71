import { createHmac } from 'node:crypto';

/** What a conversation is recognised by, taken from a request before compression. */
export interface ConversationHints {
  /** The `x-fleet-conversation` header. */
  readonly conversation?: string;
  /** The request's public model name. */
  readonly model: string;
  /** The parsed request body. */
  readonly body: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The routing key: HMAC-SHA256, keyed with the API key's id, of the first present of the conversation
 * header, `prompt_cache_key`, and its opening (model, system and developer messages, first user message).
 * Hex, 32 characters. Two turns of one conversation have the same key; two API keys never share one.
 */
export function routingKey(keyId: string, hints: ConversationHints): string {
  const hmac = createHmac('sha256', keyId);
  for (const part of conversationOf(hints)) hmac.update(part);
  return hmac.digest('hex').slice(0, 32);
}

/** In parts, since an opening may be megabytes. */
function conversationOf({ conversation, model, body }: ConversationHints): readonly string[] {
  if (conversation !== undefined && conversation !== '') return ['conversation:', conversation];
  const fields = isObject(body) ? body : {};
  const cacheKey = fields.prompt_cache_key;
  if (typeof cacheKey === 'string' && cacheKey !== '') return ['cache-key:', cacheKey];
  return ['opening:', ...[model, ...openingOf(fields)].flatMap(framed)];
}

function openingOf({ messages: chat, instructions, input, prompt }: Fields): readonly unknown[] {
  const messages = messagesIn(chat) ?? messagesIn(input);
  if (messages === undefined) return [instructions, input ?? prompt];
  const rules = messages.filter(({ role }) => role === 'system' || role === 'developer');
  const firstUser = messages.find(({ role }) => role === 'user');
  return [instructions, ...rules.map(({ content }) => content), firstUser?.content];
}

/** Each is told from the next by its kind and length. */
function framed(part: unknown): readonly [string, string] {
  const isText = typeof part === 'string';
  const text = isText ? part : JSON.stringify(part ?? null);
  return [`${isText ? 'text' : 'json'}:${text.length}:`, text];
}

/** Undefined where it is no list of messages. */
function messagesIn(list: unknown): readonly Fields[] | undefined {
  const isMessage = (item: unknown): item is Fields => isObject(item) && typeof item.role === 'string';
  return Array.isArray(list) && list.every(isMessage) ? list : undefined;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
