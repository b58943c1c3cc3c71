import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of a script. `arguments` is JSON, or a text that need not be. */
export interface ScriptedTurn {
  readonly calls?: readonly { readonly name: string; readonly arguments: unknown }[];
  readonly content?: string;
  readonly reasoning?: string;
  /** `length`: the answer was cut off. */
  readonly finish?: 'length';
}

/** What a client sent. */
export interface AskedBody {
  readonly model: string;
  readonly messages: readonly {
    readonly role: string;
    readonly content?: string;
    readonly reasoning?: string;
    readonly tool_calls?: readonly { readonly id: string }[];
    readonly tool_call_id?: string;
  }[];
  readonly tools: readonly { readonly function: { readonly name: string; readonly parameters: unknown } }[];
}

/** A stand-in for a model host: answers OpenAI's chat API with the next turn of a script, and keeps what it was asked. */
export class ScriptedModel {
  readonly asked: AskedBody[] = [];
  readonly keys: (string | undefined)[] = [];
  /** Answered in the place of the script, once for each. */
  readonly failures: { readonly status: number; readonly message: string }[] = [];
  #turns: readonly ScriptedTurn[] = [];
  #next = 0;
  #hangs = false;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<ScriptedModel> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const model = new ScriptedModel(server);
    server.on('request', async (request, response) => {
      const { status, body } = model.#answer(await bodyOf(request), request.headers.authorization);
      if (model.#hangs) return;
      response.writeHead(status, { 'content-type': 'application/json', 'x-should-retry': 'false' });
      response.end(JSON.stringify(body));
    });
    return model;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** Starts a script; after its end every answer is DONE. */
  play(turns: readonly ScriptedTurn[]): void {
    this.#turns = turns;
    this.#next = 0;
    this.#hangs = false;
    this.asked.length = 0;
    this.keys.length = 0;
  }

  /** Takes requests and answers none, until the next script. */
  hang(): void {
    this.#hangs = true;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #answer(body: AskedBody, authorization: string | undefined): { status: number; body: unknown } {
    this.asked.push(body);
    this.keys.push(authorization?.replace('Bearer ', ''));
    const failure = this.failures.shift();
    if (failure !== undefined)
      return { status: failure.status, body: { error: { message: failure.message } } };
    const wrong = protocolProblem(body);
    if (wrong !== undefined) return { status: 400, body: { error: { message: wrong } } };
    const turn = this.#turns[this.#next] ?? { content: 'DONE' };
    this.#next += 1;
    return { status: 200, body: completionOf(turn, body.model, this.#next) };
  }
}

/** What a real host refuses: a call without its result, a result without its call. */
function protocolProblem({ messages }: AskedBody): string | undefined {
  const open = new Set<string>();
  for (const { role, tool_calls: calls = [], tool_call_id: id = '' } of messages) {
    if (role === 'tool') {
      if (!open.delete(id)) return `tool_call_id ${id} answers no call`;
    } else if (open.size > 0) return `calls without a result: ${[...open].join(', ')}`;
    for (const call of calls) open.add(call.id);
  }
  return open.size > 0 ? `calls without a result: ${[...open].join(', ')}` : undefined;
}

function completionOf(
  { calls = [], content, reasoning, finish }: ScriptedTurn,
  model: string,
  number: number,
) {
  const toolCalls = calls.map(({ name, arguments: given }, index) => ({
    id: `call-${number}-${index}`,
    type: 'function',
    function: { name, arguments: typeof given === 'string' ? given : JSON.stringify(given) },
  }));
  return {
    id: `chatcmpl-${number}`,
    object: 'chat.completion',
    created: 0,
    model,
    choices: [
      {
        index: 0,
        finish_reason: finish ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop'),
        message: {
          role: 'assistant',
          content: content ?? null,
          reasoning: reasoning ?? null,
          tool_calls: toolCalls,
        },
      },
    ],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  };
}

async function bodyOf(request: IncomingMessage): Promise<AskedBody> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as AskedBody;
}
