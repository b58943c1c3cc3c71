import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { type Chain, startChain, WAYS, type Way } from '../../support/chain.ts';
import { ANSWERS, CITY } from '../../support/client-answers.ts';
import { collect } from '../../support/collect.ts';
import { FAST, metric, SLOW, until } from '../vllm-simulator/support.ts';

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = ['weather', 'time'].map((name) => ({
  type: 'function' as const,
  function: { name, parameters },
}));
function ask(content: string) {
  return [{ role: 'user' as const, content }];
}

async function fleet(simulation = {}): Promise<Chain & { readonly client: OpenAI }> {
  const chain = await startChain({ simulation: { ...FAST, answers: ANSWERS, ...simulation } });
  return { ...chain, client: chain.gateway.client };
}

describe.each(['server', 'endpoint'] as const)(
  'the official client for Node, by the way to the %s',
  (way: Way) => {
    const model = WAYS[way];

    test('chat, whole and streamed, with usage for the one who asks', async () => {
      const { client } = await fleet();
      const body = { model, messages: ask('think'), max_tokens: 20 };
      const whole = await client.chat.completions.create(body);
      expect(whole.choices[0]?.message).toMatchObject({ content: 'Four 🎉.', reasoning: 'Let me see.' });
      const plain = await client.chat.completions.create({ ...body, stream: true });
      const chunks = await collect(plain);
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('Four 🎉.');
      expect(chunks.some(({ usage }) => usage)).toBe(false);
      const counted = client.chat.completions.stream({ ...body, stream_options: { include_usage: true } });
      expect((await counted.finalChatCompletion()).usage).toMatchObject({
        completion_tokens: whole.usage?.completion_tokens,
      });
    });

    test('a tool call, its result, and the answer after it', async () => {
      const { client } = await fleet();
      const first = await client.chat.completions.create({ model, messages: ask('weather?'), tools });
      const [choice] = first.choices;
      expect(choice?.finish_reason).toBe('tool_calls');
      const [call] = choice?.message.tool_calls ?? [];
      if (choice === undefined || call?.type !== 'function') throw new Error('no call of a function');
      expect(call.function).toEqual({ name: 'weather', arguments: '{"city":"Paris"}' });
      const result = { role: 'tool' as const, tool_call_id: call.id, content: 'sun' };
      const messages = [...ask('weather?'), choice.message, result];
      const second = await client.chat.completions.create({ model, messages, tools });
      expect(second.choices[0]?.message.content).toBe('It is sunny.');
    });

    test('parallel tool calls, streamed, are put together as they were made', async () => {
      const { client } = await fleet();
      const stream = client.chat.completions.stream({ model, messages: ask('weather and time'), tools });
      const { choices } = await stream.finalChatCompletion();
      expect(choices[0]?.finish_reason).toBe('tool_calls');
      expect(choices[0]?.message.tool_calls).toMatchObject([
        { function: { name: 'weather', arguments: '{"city":"Zürich"}' } },
        { function: { name: 'time', arguments: '{"city":"東京"}' } },
      ]);
    });

    test('structured output is parsed by the client', async () => {
      const { client } = await fleet();
      const schema = {
        type: 'object',
        properties: { name: { type: 'string' }, inhabitants: { type: 'integer' } },
        required: ['name', 'inhabitants'],
        additionalProperties: false,
      };
      const answer = await client.chat.completions.parse({
        model,
        messages: ask('a city as JSON'),
        response_format: { type: 'json_schema', json_schema: { name: 'city', strict: true, schema } },
      });
      expect(answer.choices[0]?.message.parsed).toEqual(CITY);
    });

    test('responses, whole and streamed', async () => {
      const { client } = await fleet();
      const whole = await client.responses.create({ model, input: 'as JSON' });
      expect(whole.output_text).toBe(JSON.stringify(CITY));
      const events = await collect(await client.responses.create({ model, input: 'as JSON', stream: true }));
      expect(events[0]?.type).toBe('response.created');
      expect(events.at(-1)).toMatchObject({ type: 'response.completed' });
      const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : ''));
      expect(text.join('')).toBe(JSON.stringify(CITY));
    });

    test('a prompt that is too long is the server’s own 400', async () => {
      const { client } = await fleet();
      const attempt = client.chat.completions.create({ model, messages: ask('hi'), max_tokens: -1 });
      await expect(attempt).rejects.toThrow(OpenAI.BadRequestError);
    });

    test('a stream that breaks off throws after what came, and is not sent again', async () => {
      const failures = [{ do: 'cut' as const, afterTokens: 3 }];
      const { gateway, upstreams } = await fleet({ failures });
      const client = gateway.client.withOptions({ maxRetries: 2 });
      const stream = await client.chat.completions.create({ model, messages: ask('think'), stream: true });
      const chunks: unknown[] = [];
      const read = async () => {
        for await (const chunk of stream) chunks.push(chunk);
      };
      await expect(read()).rejects.toThrow(OpenAI.APIError);
      expect(chunks.length).toBeGreaterThan(0);
      expect(upstreams[way].records).toHaveLength(1);
    });

    test('a client that aborts ends the generation', async () => {
      const { client, upstreams } = await fleet(SLOW);
      const controller = new AbortController();
      const stream = await client.chat.completions.create(
        { model, messages: ask('hello'), stream: true },
        { signal: controller.signal },
      );
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) controller.abort();
      const record = await until(() => upstreams[way].records[0]);
      expect(record).toMatchObject({ outcome: 'aborted', abortedPhase: 'decode' });
      await until(async () => (await metric(upstreams[way], 'num_requests_running')) === 0);
    });
  },
);
