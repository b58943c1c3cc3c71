import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { FAST, start } from './support.ts';

const TOOL_ARGS = ['--enable-auto-tool-choice', '--tool-call-parser', 'openai'];
const parameters = {
  type: 'object',
  properties: { city: { type: 'string' }, unit: { enum: ['C', 'F'] }, days: { type: 'integer' } },
  required: ['city', 'unit', 'days'],
};
const tools = ['weather', 'time'].map((name) => ({
  type: 'function' as const,
  function: { name, parameters },
}));
const model = 'gpt-oss-120b';
const ask = (content: string) => [{ role: 'user' as const, content }];

const ANSWERS = [
  {
    contains: 'weather and time',
    tool_calls: [
      { name: 'weather', arguments: { city: 'Paris' } },
      { name: 'time', arguments: '{"zone":"CET"}' },
    ],
  },
  { contains: 'weather', tool_calls: [{ name: 'weather', arguments: { city: 'Paris' } }] },
  { pattern: '^think', reasoning: 'Let me see.', content: 'Four.' },
  { afterToolResult: true, content: 'It is sunny.' },
];

async function client(args: readonly string[] = TOOL_ARGS, modelTag = 'tiny') {
  const simulator = await start({ model: modelTag, args, simulation: { ...FAST, answers: ANSWERS } });
  return new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'none', maxRetries: 0 });
}

describe('chat', () => {
  test('an answer', async () => {
    const answer = await (await client()).chat.completions.create({
      model,
      messages: ask('hello'),
      max_tokens: 5,
    });
    expect(answer.choices[0]?.message.content?.split(' ')).toHaveLength(5);
    expect(answer.usage?.completion_tokens).toBe(5);
  });

  test('the same prompt gets the same answer', async () => {
    const openai = await client();
    const texts = [1, 2].map(
      async () =>
        (await openai.chat.completions.create({ model, messages: ask('hello') })).choices[0]?.message.content,
    );
    expect(await texts[0]).toBe(await texts[1]);
  });

  test('a stream gives the same text as the whole answer', async () => {
    const openai = await client();
    const whole = await openai.chat.completions.create({ model, messages: ask('hello') });
    const stream = openai.chat.completions.stream({ model, messages: ask('hello') });
    expect(await stream.finalContent()).toBe(whole.choices[0]?.message.content);
  });

  test('scripted reasoning comes in its own field, streamed before the content', async () => {
    const openai = await client();
    const stream = await openai.chat.completions.create({ model, messages: ask('think'), stream: true });
    const deltas: string[] = [];
    for await (const chunk of stream) {
      const delta = (chunk.choices[0]?.delta ?? {}) as { reasoning?: string; content?: string };
      if (delta.reasoning) deltas.push(`r:${delta.reasoning}`);
      if (delta.content) deltas.push(`c:${delta.content}`);
    }
    expect(deltas).toEqual(['r:Let', 'r: me', 'r: see', 'r:.', 'c:Four', 'c:.']);
  });

  test('reasoning_effort brings reasoning, include_reasoning=false hides it', async () => {
    const openai = await client();
    const body = { model, messages: ask('hello'), reasoning_effort: 'low' as const };
    const reasoningOf = async (more: object) => {
      const answer = await openai.chat.completions.create({ ...body, ...more });
      return answer.choices.map(({ message }) => (message as { reasoning?: string | null }).reasoning)[0];
    };
    expect((await reasoningOf({}))?.split(' ')).toHaveLength(8);
    expect(await reasoningOf({ include_reasoning: false })).toBeNull();
  });

  test('a gpt-oss model counts its reasoning tokens', async () => {
    const openai = await client(TOOL_ARGS, 'openai/gpt-oss-120b');
    const answer = await openai.chat.completions.create({ model, messages: ask('think') });
    expect(answer.usage?.completion_tokens_details?.reasoning_tokens).toBe(4);
  });
});

describe('tools', () => {
  test('a call', async () => {
    const answer = await (await client()).chat.completions.create({
      model,
      messages: ask('weather?'),
      tools,
    });
    const [choice] = answer.choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(choice?.message.content).toBeNull();
    expect(choice?.message.tool_calls).toMatchObject([
      { type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } },
    ]);
  });

  test('parallel calls, streamed, are put together by the client', async () => {
    const stream = (await client()).chat.completions.stream({
      model,
      messages: ask('weather and time'),
      tools,
    });
    const answer = await stream.finalChatCompletion();
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
    expect(answer.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'weather', arguments: '{"city":"Paris"}' } },
      { function: { name: 'time', arguments: '{"zone":"CET"}' } },
    ]);
  });

  test('parallel_tool_calls=false leaves the first', async () => {
    const answer = await (await client()).chat.completions.create({
      model,
      messages: ask('weather and time'),
      tools,
      parallel_tool_calls: false,
    });
    expect(answer.choices[0]?.message.tool_calls).toHaveLength(1);
  });

  test('after the result the conversation goes on', async () => {
    const openai = await client();
    const first = await openai.chat.completions.create({ model, messages: ask('weather?'), tools });
    const message = first.choices[0]?.message;
    const call = message?.tool_calls?.[0];
    if (!message || !call) throw new Error('no call');
    const messages = [
      ...ask('weather?'),
      message,
      { role: 'tool' as const, tool_call_id: call.id, content: 'sun' },
    ];
    const second = await openai.chat.completions.create({ model, messages, tools });
    expect(second.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'It is sunny.' } });
  });

  test('tool_choice none: no call', async () => {
    const answer = await (await client()).chat.completions.create({
      model,
      messages: ask('weather?'),
      tools,
      tool_choice: 'none',
    });
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop' });
    expect(answer.choices[0]?.message.tool_calls).toBeUndefined();
  });

  test('tool_choice required: a call with the smallest arguments that the schema allows', async () => {
    const answer = await (await client()).chat.completions.create({
      model,
      messages: ask('hello'),
      tools,
      tool_choice: 'required',
    });
    const call = answer.choices[0]?.message.tool_calls?.[0];
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({
      city: '',
      unit: 'C',
      days: 0,
    });
  });

  test('a named tool: its call, and the finish reason stop, as in vLLM', async () => {
    const tool_choice = { type: 'function' as const, function: { name: 'time' } };
    const answer = await (await client()).chat.completions.create({
      model,
      messages: ask('weather and time'),
      tools,
      tool_choice,
    });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { tool_calls: [{ function: { name: 'time', arguments: '{"zone":"CET"}' } }] },
    });
  });

  test('a gpt-oss model without the flags takes tools, but shows no calls', async () => {
    const openai = await client([], 'openai/gpt-oss-120b');
    const answer = await openai.chat.completions.create({ model, messages: ask('weather?'), tools });
    expect(answer.choices[0]?.message.tool_calls).toBeUndefined();
    expect(answer.choices[0]?.finish_reason).toBe('stop');
  });
});

describe('responses', () => {
  test('an answer', async () => {
    const answer = await (await client()).responses.create({ model, input: 'hello' });
    expect(answer.status).toBe('completed');
    expect(answer.output_text.split(' ')).toHaveLength(31);
  });

  test('a stream has the event types of OpenAI, in order and numbered', async () => {
    const stream = await (await client()).responses.create({ model, input: 'think', stream: true });
    const types: string[] = [];
    const numbers: number[] = [];
    for await (const event of stream) {
      if (types.at(-1) !== event.type) types.push(event.type);
      numbers.push(event.sequence_number);
    }
    const item = ['response.output_item.added', 'response.content_part.added'];
    const done = ['response.content_part.done', 'response.output_item.done'];
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      ...item,
      'response.reasoning_text.delta',
      'response.reasoning_text.done',
      ...done,
      ...item,
      'response.output_text.delta',
      'response.output_text.done',
      ...done,
      'response.completed',
    ]);
    expect(numbers).toEqual(numbers.map((_, index) => index));
  });

  test('the client puts a stream together to what the whole answer says', async () => {
    const openai = await client();
    const whole = await openai.responses.create({ model, input: 'hello' });
    const streamed = await openai.responses.stream({ model, input: 'hello' }).finalResponse();
    expect(streamed.output_text).toBe(whole.output_text);
    expect(streamed.usage?.output_tokens).toBe(whole.usage?.output_tokens);
  });

  const responseTools = tools.map(({ function: { name } }) => ({
    type: 'function' as const,
    name,
    parameters,
    strict: null,
  }));

  test('function calls are output items, streamed too', async () => {
    const openai = await client();
    const body = { model, input: 'weather and time', tools: responseTools };
    const calls = [
      { type: 'function_call', name: 'weather', arguments: '{"city":"Paris"}' },
      { type: 'function_call', name: 'time', arguments: '{"zone":"CET"}' },
    ];
    expect((await openai.responses.create(body)).output).toMatchObject(calls);
    expect((await openai.responses.stream(body).finalResponse()).output).toMatchObject(calls);
  });

  test('the result of a call leads to the next answer', async () => {
    const openai = await client();
    const first = await openai.responses.create({ model, input: 'weather?', tools: responseTools });
    const call = first.output[0];
    if (call?.type !== 'function_call') throw new Error('no call');
    const input = [
      ...ask('weather?'),
      call,
      { type: 'function_call_output' as const, call_id: call.call_id, output: 'sun' },
    ];
    expect((await openai.responses.create({ model, input, tools: responseTools })).output_text).toBe(
      'It is sunny.',
    );
  });

  test('a stored response is not found, for nothing is stored', async () => {
    const openai = await client();
    await expect(
      openai.responses.create({ model, input: 'x', previous_response_id: 'resp_1' }),
    ).rejects.toThrow("Response with id 'resp_1' not found.");
  });
});

test('completions, streamed', async () => {
  const stream = await (await client()).completions.create({
    model,
    prompt: 'once',
    max_tokens: 4,
    stream: true,
  });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.text ?? '';
  expect(text.split(' ')).toHaveLength(4);
});
