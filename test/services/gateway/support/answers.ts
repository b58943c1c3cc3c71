import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Received, Respond } from './fake-upstream.ts';

/** Answers as vLLM 0.32 gives them through the router. */

export const ROUTER_HEADERS = { 'x-fleet-release': 'v1', 'x-fleet-server': '10.0.0.1:8000' };

type Usage = Readonly<Record<string, unknown>>;

export const USAGE: Usage = { prompt_tokens: 12, total_tokens: 16, completion_tokens: 4 };

function chunk(fields: Readonly<Record<string, unknown>>): string {
  const base = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_795_404_710,
    model: 'gpt-oss-120b',
  };
  return `data: ${JSON.stringify({ ...base, ...fields })}\n\n`;
}

export const roleEvent = chunk({
  choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
});
export const usageEvent = (usage: Usage = USAGE) => chunk({ choices: [], usage });
export const DONE = 'data: [DONE]\n\n';

export function contentEvent(content: string, more: Readonly<Record<string, unknown>> = {}): string {
  return chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }], ...more });
}

export function deltaEvent(delta: Readonly<Record<string, unknown>>): string {
  return chunk({ choices: [{ index: 0, delta, finish_reason: null }] });
}

/** The events of a whole chat stream, with usage if the request asked for it. */
export function chatEvents(
  words: readonly string[],
  { json }: Pick<Received, 'json'>,
  usage: Usage = USAGE,
): string[] {
  const options = json.stream_options as { include_usage?: boolean } | undefined;
  return [
    roleEvent,
    ...words.map((word) => contentEvent(word)),
    ...(options?.include_usage === true ? [usageEvent(usage)] : []),
    DONE,
  ];
}

export function chatBody(content: string, usage: Usage | undefined = USAGE): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_795_404_710,
    model: 'gpt-oss-120b',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage,
  });
}

export function startStream(
  { res }: Received,
  headers: OutgoingHttpHeaders = ROUTER_HEADERS,
): ServerResponse {
  res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', ...headers });
  res.flushHeaders();
  return res;
}

export function sendJson(
  { res }: Received,
  status: number,
  body: string,
  headers: OutgoingHttpHeaders = {},
): void {
  res.writeHead(status, { 'content-type': 'application/json', ...ROUTER_HEADERS, ...headers });
  res.end(body);
}

/** Streams or answers whole, as the request asks. */
export function chat(words: readonly string[], usage: Usage = USAGE): Respond {
  return (received) => {
    if (received.json.stream !== true) return sendJson(received, 200, chatBody(words.join(''), usage));
    startStream(received);
    for (const event of chatEvents(words, received, usage)) received.res.write(event);
    received.res.end();
  };
}
