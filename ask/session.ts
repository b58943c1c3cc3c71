import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { argumentsSchema, definitionOf, type ToolDefinition } from './argument-schema.ts';
import { type Call, localName, named, nameOf, resourceNames } from './calls.ts';
import { plainToolName } from './calls-in-text.ts';
import type { ToolCall } from './messages.ts';
import type { ProviderSchema } from './provider-schema.ts';
import { readArguments } from './read-arguments.ts';
import type { Tool } from './tool.ts';

/** What became of one call, for the model. */
export interface CallResult {
  readonly id: string;
  readonly problems: readonly string[];
  /** Whether it changed anything. */
  readonly changed: boolean;
  /** `create_s3_bucket my-data`, for people. */
  readonly what: string;
  readonly made: readonly string[];
}

const REMOVE = 'remove_resource';
const MOST_CALLS = 60;

interface Refused {
  readonly tool: string;
  readonly what: string;
  readonly problems: readonly string[];
}

/** The calls of one request that were accepted so far. */
export class Session {
  readonly #tools: readonly Tool[];
  readonly #schemas: readonly ProviderSchema[];
  readonly #calls = new Map<string, Call>();
  /** Calls that were refused and that no later one has made good. */
  #open: Refused[] = [];

  constructor(tools: readonly Tool[], schemas: readonly ProviderSchema[]) {
    this.#tools = tools;
    this.#schemas = schemas;
  }

  get calls(): readonly Call[] {
    return [...this.#calls.values()];
  }

  /** What is wrong with calls that nothing has made good since. */
  get open(): string[] {
    return this.#open.flatMap(({ what, problems }) => problems.map((problem) => `${what}: ${problem}`));
  }

  /** What the model may call. */
  get definitions(): ToolDefinition[] {
    const parameters = {
      type: 'object',
      properties: { resource: { type: 'string', description: 'Its name, or its address: aws_vpc.main.' } },
      required: ['resource'],
      additionalProperties: false,
    };
    return [
      ...this.#tools.map((tool) => definitionOf(tool, this.#schemas)),
      { name: REMOVE, description: 'Takes back an earlier call of this request.', parameters },
    ];
  }

  /** Takes the calls of one answer. Two of them with one name must not differ; one with the name of an earlier answer replaces it. */
  take(calls: readonly ToolCall[]): CallResult[] {
    const seen = new Map<string, string>();
    return calls.map((call) => this.#one(call, seen));
  }

  #one({ id, name: given, arguments: text }: ToolCall, seen: Map<string, string>): CallResult {
    const name = plainToolName(given);
    const refused = (problems: readonly string[], what = name): CallResult => {
      this.#open = [...this.#open.filter((one) => one.what !== what), { tool: name, what, problems }];
      return { id, problems, what, changed: false, made: [] };
    };
    if (name === REMOVE) return this.#remove(id, text);
    const tool = this.#tools.find((candidate) => candidate.name === name);
    if (tool === undefined) return refused([this.#unknown(name)]);
    const read = readArguments(tool, argumentsSchema(tool, this.#schemas), text);
    if ('problems' in read) return refused(read.problems, whatOf(tool, parsed(text)));
    const call = { tool, values: read.values };
    const what = whatOf(tool, read.values);
    const values = JSON.stringify(read.values);
    const before = seen.get(what);
    if (before !== undefined && before !== values)
      return refused(
        [`two calls of this answer make ${nameOf(call)} with different arguments; send one`],
        what,
      );
    seen.set(what, values);
    if (!this.#calls.has(what) && this.#calls.size >= MOST_CALLS)
      return refused([`one request may have ${MOST_CALLS} calls; this would be one more`], what);
    const changed = JSON.stringify(this.#calls.get(what)?.values) !== values;
    this.#calls.set(what, call);
    const mended = this.#makeGood(name, what);
    return { id, problems: [], changed: changed || mended, what, made: this.#madeBy(call) };
  }

  /** The refused call of this name, else of this tool, else of a tool that does not exist. */
  #makeGood(tool: string, what: string): boolean {
    const good =
      this.#open.find((one) => one.what === what) ??
      this.#open.find((one) => one.tool === tool) ??
      this.#open.find((one) => !this.#tools.some(({ name }) => name === one.tool));
    this.#open = this.#open.filter((one) => one !== good);
    return good !== undefined;
  }

  #remove(id: string, text: string): CallResult {
    const read = z.strictObject({ resource: z.string() }).safeParse(parsed(text));
    const wanted = read.data?.resource ?? '';
    const found = named(this.calls).find(
      (call) =>
        nameOf(call) === wanted || localName(nameOf(call)) === wanted || this.#madeBy(call).includes(wanted),
    );
    const problems =
      found === undefined ? [`resource: nothing of this request is called ${JSON.stringify(wanted)}`] : [];
    for (const [what, call] of this.#calls)
      if (call.tool === found?.tool && nameOf(call) === nameOf(found)) this.#calls.delete(what);
    return { id, problems, changed: found !== undefined, what: `${REMOVE} ${wanted}`, made: [] };
  }

  #madeBy({ tool, values }: Call): string[] {
    const call = named(this.calls).find((one) => one.tool === tool && one.values === values);
    return call === undefined
      ? []
      : tool.resources.flatMap((rule) => resourceNames(call, rule).map((name) => `${rule.type}.${name}`));
  }

  #unknown(name: string): string {
    const known = this.#tools.map((tool) => tool.name);
    return `there is no tool ${JSON.stringify(name)}; the nearest is ${closest(name, known)}. If no tool makes what is asked for, say so in one sentence instead of a call`;
  }
}

/** `create_s3_bucket my-data`, as far as the arguments say. */
function whatOf(tool: Tool, values: unknown): string {
  const given = (values as Readonly<Record<string, unknown>> | null | undefined)?.[tool.named ?? ''];
  return typeof given === 'string' ? `${tool.name} ${given}` : tool.name;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
