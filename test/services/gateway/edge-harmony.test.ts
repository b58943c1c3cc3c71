import { describe, expect, test } from 'vitest';
import {
  contentEvent,
  DONE,
  deltaEvent,
  roleEvent,
  sendJson,
  startStream,
  USAGE,
} from './support/answers.ts';
import { CHAT, edge, errorOf, hello } from './support/edge.ts';
import type { Respond } from './support/fake-upstream.ts';
import type { Started } from './support/start.ts';

/** The leaks of gpt-oss servers: vllm#32587, TensorRT-LLM#9256, and tools that nobody offered (Cerebras' own page). */

const tool = (name: string) => ({ type: 'function', function: { name, parameters: { type: 'object' } } });
const withTools = { ...hello, tools: [tool('get_weather'), tool('get_time')] };
const call = (index: number, name: string) => ({
  index,
  id: `call_${index}`,
  type: 'function',
  function: { name, arguments: '' },
});

function whole(message: Record<string, unknown>): Respond {
  const choices = [
    { index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: 'stop' },
  ];
  return (received) => sendJson(received, 200, JSON.stringify({ id: '1', choices, usage: USAGE }));
}

function stream(...events: readonly string[]): Respond {
  return (received) => {
    startStream(received).end(roleEvent + events.join('') + DONE);
  };
}

interface Message {
  readonly content: string | null;
  readonly tool_calls?: readonly { readonly function: { readonly name: string } }[];
}

async function answered(gateway: Started, body: unknown): Promise<Message> {
  const answer = (await (await gateway.post(CHAT, body)).json()) as { choices: [{ message: Message }] };
  return answer.choices[0].message;
}

async function leaks(gateway: Started, kind: string, outcome: string): Promise<number | undefined> {
  const labels = `model="gpt-oss-120b",release="v1",kind="${kind}",outcome="${outcome}"`;
  return (await gateway.metrics()).value(`oss_harmony_leaks_total{${labels}}`);
}

const LEAKED_NAMES = [
  'get_weather<|channel|>commentary',
  'functions.get_weather',
  'get_weather<|constrain|>json',
  'functions.get_weather<|channel|>commentary',
];

describe('a tool’s name with format tokens on it is mended if it is one that was offered', () => {
  test.each(LEAKED_NAMES)('%s, in a whole answer', async (name) => {
    const { gateway } = await edge(whole({ tool_calls: [call(0, name), call(1, 'get_time')] }));
    const names = (await answered(gateway, withTools)).tool_calls?.map((each) => each.function.name);
    expect(names).toEqual(['get_weather', 'get_time']);
    expect(await leaks(gateway, 'tool_name', 'repaired')).toBe(1);
  });

  test.each(LEAKED_NAMES)('%s, in a stream of parallel calls', async (name) => {
    const args = deltaEvent({ tool_calls: [{ index: 0, function: { arguments: '{"x":"<|end|>"}' } }] });
    const { gateway } = await edge(
      stream(
        deltaEvent({ tool_calls: [call(0, name)] }),
        args,
        deltaEvent({ tool_calls: [call(1, 'get_time')] }),
      ),
    );
    const text = await (await gateway.post(CHAT, { ...withTools, stream: true })).text();
    expect(text).toBe(
      roleEvent +
        deltaEvent({ tool_calls: [call(0, 'get_weather')] }) +
        args +
        deltaEvent({ tool_calls: [call(1, 'get_time')] }) +
        DONE,
    );
    expect(await leaks(gateway, 'tool_name', 'repaired')).toBe(1);
  });

  test('with the signs escaped, as Go and Java write JSON', async () => {
    const event = deltaEvent({ tool_calls: [call(0, 'get_time<|channel|>commentary')] });
    const { gateway } = await edge(stream(event.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e')));
    const text = await (await gateway.post(CHAT, { ...withTools, stream: true })).text();
    expect(text).toContain('"name":"get_time"');
  });

  test('in events of /v1/responses', async () => {
    const item = { type: 'function_call', name: 'get_time<|channel|>commentary', arguments: '' };
    const events = [
      `event: response.output_item.added\ndata: ${JSON.stringify({ type: 'response.output_item.added', item })}\n\n`,
      'event: response.completed\ndata: {"type":"response.completed","response":{"output":[]}}\n\n',
    ];
    const { gateway } = await edge((received) => void startStream(received).end(events.join('')));
    const body = {
      model: 'gpt-oss-120b',
      input: 'hi',
      stream: true,
      tools: [{ type: 'function', name: 'get_time' }],
    };
    const text = await (await gateway.post('/v1/responses', body)).text();
    expect(text).toBe(events.join('').replace('<|channel|>commentary', ''));
  });
});

describe('a call of a tool that was not offered is refused', () => {
  test.each([
    ['of another one', withTools, 'delete_all'],
    ['where none was', hello, 'get_weather'],
  ])('%s, in a whole answer', async (_case, body, name) => {
    const { gateway } = await edge(whole({ tool_calls: [call(0, name)] }));
    const response = await gateway.post(CHAT, body);
    expect(response.status).toBe(502);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await errorOf(response)).toMatchObject({ type: 'upstream_error', code: 'unknown_tool' });
    expect(await leaks(gateway, 'unknown_tool', 'refused')).toBe(1);
    expect(gateway.log[0]).toMatchObject({ promptTokens: 12, completionTokens: 4 });
  });

  test('in a stream: a typed error, no [DONE], nothing after it, and the router is told', async () => {
    const { gateway, router } = await edge((received) => {
      startStream(received).write(
        contentEvent('a') + deltaEvent({ tool_calls: [call(0, 'rm')] }) + contentEvent('b'),
      );
    });
    const text = await (await gateway.post(CHAT, { ...withTools, stream: true })).text();
    expect(text).toMatch(/^data: .*"a".*\n\ndata: \{"error":.*"code":"unknown_tool"\}\}\n\n$/);
    expect(await router.requests[0]?.closed).toBe(false);
  });
});

describe('format tokens in text', () => {
  const raw =
    '<|channel|>analysis<|message|>Let me think. Ünïcode<|end|><|start|>assistant<|channel|>final<|message|>Hi';

  test('a whole answer still in the format is taken apart as the server should have', async () => {
    const { gateway } = await edge(whole({ content: `${raw}<|return|>` }));
    expect(await answered(gateway, hello)).toMatchObject({
      reasoning: 'Let me think. Ünïcode',
      content: 'Hi',
    });
    expect(await leaks(gateway, 'text', 'repaired')).toBe(1);
  });

  test('a last token at the end is taken off', async () => {
    const { gateway } = await edge(whole({ content: 'Hi<|end|>' }));
    expect((await answered(gateway, hello)).content).toBe('Hi');
  });

  test.each(['Hi <|start|>assistant<|channel|>final', '<|channel|>analysis<|message|>only thoughts<|end|>'])(
    'a whole answer that could mean several things is refused: %s',
    async (content) => {
      const { gateway } = await edge(whole({ content }));
      const response = await gateway.post(CHAT, hello);
      expect(response.status).toBe(502);
      expect(await errorOf(response)).toMatchObject({ code: 'harmony_leak' });
    },
  );

  test('in a stream a last token is taken off, any other ends it', async () => {
    const { gateway, router } = await edge(stream(contentEvent('Hi'), contentEvent('<|end|>')));
    const body = { ...hello, stream: true };
    expect(await (await gateway.post(CHAT, body)).text()).toBe(
      roleEvent + contentEvent('Hi') + contentEvent('') + DONE,
    );
    router.respond = stream(contentEvent('Hi'), contentEvent('<|channel|>'), contentEvent('analysis'));
    const text = await (await gateway.post(CHAT, body)).text();
    expect(text).toMatch(/"code":"harmony_leak"\}\}\n\n$/);
    expect(text).not.toContain('analysis');
  });

  test('an answer to a request that talks of the format is text', async () => {
    const content = 'A message begins with <|start|> and ends with <|end|>.';
    const { gateway } = await edge(whole({ content }));
    const messages = [{ role: 'user', content: 'What is <|start|> for?' }];
    expect((await answered(gateway, { ...hello, messages })).content).toBe(content);
  });

  test('raw completions are text', async () => {
    const choices = [{ index: 0, text: '<|channel|>final', finish_reason: 'stop' }];
    const { gateway } = await edge((received) =>
      sendJson(received, 200, JSON.stringify({ choices, usage: USAGE })),
    );
    const response = await gateway.post('/v1/completions', { model: 'gpt-oss-120b', prompt: 'x' });
    expect(await response.json()).toMatchObject({ choices });
  });
});

test('an answer with nothing wrong passes byte for byte, odd numbers and spaces too', async () => {
  const body =
    '{"id":1e400,  "choices":[{"message":{"tool_calls":[{"function":{"name":"get_time","arguments":"<|end|>"}}]}}], "x":12345678901234567890}';
  const { gateway } = await edge((received) => sendJson(received, 200, body));
  expect(await (await gateway.post(CHAT, withTools)).text()).toBe(body);
});
