import type { ToolCall } from './messages.ts';

/** `<|channel|>commentary to=functions.NAME <|constrain|>json<|message|>{…}<|call|>`, as gpt-oss writes a call that no parser took out. */
const HARMONY = /to=(?:functions\.)?([\w-]+)[^{]*?<\|message\|>\s*([\s\S]*?)\s*(?=<\||$)/g;
const CODE = /```(?:hcl|terraform|tf)\b|^\s*(?:resource|module|provider|data)\s+"[^"]+"/m;

/** Calls that the model wrote into its text. */
export function callsInText(content: string): ToolCall[] {
  const harmony = [...content.matchAll(HARMONY)].map(([, name = '', text = '']) => ({
    name,
    arguments: text,
  }));
  const found = harmony.length > 0 ? harmony : jsonCalls(content);
  return found.map((call, index) => ({ id: `text-${index + 1}`, ...call }));
}

/** Whether the model wrote Terraform code of its own. */
export function isCode(content: string): boolean {
  return CODE.test(content);
}

/** Whether the model wants to know something. */
export function asks(content: string): boolean {
  return /[?？]/.test(content);
}

/** The name of a tool without what gpt-oss leaves of its own format. */
export function plainToolName(name: string): string {
  return name
    .replace(/<\|.*$/s, '')
    .replace(/^functions\./, '')
    .trim();
}

function jsonCalls(content: string): Omit<ToolCall, 'id'>[] {
  const text = /^```(?:json)?\s*([\s\S]*?)\s*```$/.exec(content.trim())?.[1] ?? content.trim();
  try {
    return callsOf(JSON.parse(text));
  } catch {
    return [];
  }
}

function callsOf(value: unknown): Omit<ToolCall, 'id'>[] {
  if (Array.isArray(value)) return value.flatMap(callsOf);
  if (typeof value !== 'object' || value === null) return [];
  const {
    tool_calls: list,
    function: inner,
    name,
    arguments: given,
    parameters = given,
  } = value as Record<string, unknown>;
  if (list !== undefined) return callsOf(list);
  if (inner !== undefined) return callsOf(inner);
  if (typeof name !== 'string' || parameters === undefined) return [];
  return [{ name, arguments: typeof parameters === 'string' ? parameters : JSON.stringify(parameters) }];
}
