/** One call as the model wrote it. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** A JSON text, or what the model took for one. */
  readonly arguments: string;
}

/** One answer of the model. */
export interface Answer {
  readonly content: string;
  readonly calls: readonly ToolCall[];
  /** What it thought, which the next request gives back to it. */
  readonly reasoning?: string;
  /** False where it was cut off. */
  readonly complete: boolean;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export type Message =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly calls: readonly ToolCall[];
      readonly reasoning?: string;
    }
  | { readonly role: 'tool'; readonly callId: string; readonly content: string };

export const SYSTEM_PROMPT = `You turn a request for cloud infrastructure into calls of the tools. The toolkit writes the Terraform code from your calls. Never write Terraform code yourself.
- Call a tool for everything that the request asks for, and for what that needs: a subnet needs a network. Call nothing else.
- Take names as the request has them where the tool allows it. Where it does not, take the nearest name that it allows: other scripts in pinyin or English.
- Fill what the request says and leave out the rest. What is left out gets a safe default.
- An argument that names another resource takes the name of that resource, never an expression such as \${...}.
- Never invent ids, accounts, projects or images. If something is missing that a tool requires, call nothing and ask for it, in the language of the request.
- Values of secrets never stand in an argument.
- A call with the name of an earlier one replaces it.
- When everything is there, answer DONE.`;

/** The language of the request, for what the model asks back. */
export function firstMessages(request: string): Message[] {
  return [
    { role: 'system', content: SYSTEM_PROMPT },
    { role: 'user', content: request },
  ];
}

export const CUT_OFF = 'Your answer was cut off because it was too long. Call the tools with fewer words.';
export const NO_CODE =
  'Do not write Terraform code: call the tools, and the toolkit writes it. If no tool can make it, say so in one sentence.';
export const NOTHING = 'You called no tool and said nothing. Call the tools that the request needs.';

export function checksFailed(problems: readonly string[]): string {
  return [
    'The toolkit checked what your calls make, and this is wrong:',
    ...problems.map((problem) => `- ${problem}`),
    'Call the tools again with other arguments; the same name replaces, remove_resource takes away. When all is right, answer DONE.',
  ].join('\n');
}

export function textCallsRead(results: readonly string[]): string {
  return ['You wrote calls as text. The toolkit read them:', ...results].join('\n');
}
