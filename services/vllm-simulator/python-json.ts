/** Where and why Python's json module gives up on a text. */
export interface JsonFault {
  readonly message: string;
  /** Index of the character. */
  readonly position: number;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const WORD = /true|false|null|NaN|Infinity|-Infinity/y;
const WHITESPACE = /[ \t\n\r]*/y;

class Fault extends Error {
  readonly fault: JsonFault;

  constructor(message: string, position: number) {
    super(message);
    this.fault = { message, position };
  }
}

function skip(pattern: RegExp, text: string, position: number): number {
  pattern.lastIndex = position;
  return pattern.test(text) ? pattern.lastIndex : position;
}

function stringEnd(text: string, opening: number): number {
  for (let position = opening + 1; ; position += 1) {
    const character = text[position];
    if (character === undefined) throw new Fault('Unterminated string starting at', opening);
    if (character === '"') return position + 1;
    if (character < ' ') throw new Fault('Invalid control character at', position);
    if (character !== '\\') continue;
    position += 1;
    const escaped = text[position];
    if (escaped === undefined) throw new Fault('Unterminated string starting at', opening);
    if (escaped === 'u') {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(position + 1, position + 5)))
        throw new Fault('Invalid \\uXXXX escape', position);
      position += 4;
    } else if (!'"\\/bfnrt'.includes(escaped)) {
      throw new Fault('Invalid \\escape', position - 1);
    }
  }
}

function objectEnd(text: string, opening: number): number {
  let position = skip(WHITESPACE, text, opening + 1);
  if (text[position] === '}') return position + 1;
  for (;;) {
    if (text[position] !== '"')
      throw new Fault('Expecting property name enclosed in double quotes', position);
    position = skip(WHITESPACE, text, stringEnd(text, position));
    if (text[position] !== ':') throw new Fault("Expecting ':' delimiter", position);
    position = skip(WHITESPACE, text, valueEnd(text, skip(WHITESPACE, text, position + 1)));
    if (text[position] === '}') return position + 1;
    if (text[position] !== ',') throw new Fault("Expecting ',' delimiter", position);
    position = skip(WHITESPACE, text, position + 1);
  }
}

function arrayEnd(text: string, opening: number): number {
  let position = skip(WHITESPACE, text, opening + 1);
  if (text[position] === ']') return position + 1;
  for (;;) {
    position = skip(WHITESPACE, text, valueEnd(text, position));
    if (text[position] === ']') return position + 1;
    if (text[position] !== ',') throw new Fault("Expecting ',' delimiter", position);
    position = skip(WHITESPACE, text, position + 1);
  }
}

function valueEnd(text: string, position: number): number {
  const character = text[position];
  if (character === '"') return stringEnd(text, position);
  if (character === '{') return objectEnd(text, position);
  if (character === '[') return arrayEnd(text, position);
  const number = skip(NUMBER, text, position);
  const end = number > position ? number : skip(WORD, text, position);
  if (end === position) throw new Fault('Expecting value', position);
  return end;
}

/** Explains a text that JSON.parse refuses in the words of Python's json.loads. */
export function jsonFault(text: string): JsonFault {
  try {
    const end = skip(WHITESPACE, text, valueEnd(text, skip(WHITESPACE, text, 0)));
    return { message: 'Extra data', position: end };
  } catch (error) {
    if (error instanceof Fault) return error.fault;
    throw error;
  }
}
