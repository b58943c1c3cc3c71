/** Shapes that only keys have: OpenAI, Anthropic, Groq, Hugging Face, GitHub, GitLab, Slack, AWS, Google, JWT, private keys. */
const SHAPES =
  /\b(?:sk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{16,}|gsk_[A-Za-z0-9]{16,}|hf_[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abprs]-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}\b|AIza[\w-]{30,}|GOCSPX-[\w-]{20,}|ya29\.[\w-]{20,}|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})|-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/;

/** All of the shapes begin with one of these: a cheap question before the dear one. */
const BEGINNINGS =
  /sk-|gsk_|hf_|gh[pousr]_|github_pat_|glpat-|xox|AKIA|ASIA|AIza|GOCSPX-|ya29\.|eyJ|PRIVATE KEY/;

/** Names that say that a secret follows, unless they say that it is only where to find it. */
const SECRET_NAME =
  /(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|hop[_-]?key|signing[_-]?key|credentials?)$/i;
const REFERENCE_NAME = /(?:file|path|arn|name|ref|id|uri|url|version)$/i;

/** `NAME=value`, `name: value`, `"name": "value"` in a text. The value is only looked at, so that `a: b=c` is found too. */
const ASSIGNMENT = /([A-Za-z_][\w.-]{2,60})["']?\s{0,3}[=:]\s{0,3}["']?(?=([^\s"',;}&|<>`]{12,200}))/g;
const ASSIGNED = /pass|secret|token|key|credential/i;

/** Whether a text has the shape of a well-known key. */
export function hasKeyShape(text: string): boolean {
  return BEGINNINGS.test(text) && SHAPES.test(text);
}

/** Whether a value under this name would be a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !REFERENCE_NAME.test(name);
}

/** Whether a value looks random: long enough, more kinds of characters than a word has, and no reference to something else. */
export function looksRandom(value: string): boolean {
  if (value.length < 12 || !/^[\w+/=.~!@#%^*-]+$/.test(value)) return false;
  if (isReference(value)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((kind) => kind.test(value)).length;
  return kinds >= 2 && entropyOf(value) >= 3;
}

/** A path, an address, a name of a secret somewhere else, or something that the shell fills in. */
function isReference(value: string): boolean {
  return (
    /^(?:[./~$%{]|arn:|https?:|gs:|s3:|projects\/|sha256:|vault:|file:)/.test(value) ||
    /^[a-z0-9.-]+(?:\/[a-z0-9._-]+)+$/.test(value) ||
    /^[a-z]+(?:[-_.][a-z0-9]+)+$/.test(value)
  );
}

/** Bits per character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** The values that a text assigns to a secret's name and that look random. */
function assigned(text: string): string[] {
  if (!ASSIGNED.test(text)) return [];
  return [...text.matchAll(ASSIGNMENT)].flatMap(([, name = '', value = '']) =>
    isSecretName(name) && looksRandom(value) ? [value] : [],
  );
}

/** Whether a text assigns what looks like a secret to a name that says so. */
export function assignsSecret(text: string): boolean {
  return assigned(text).length > 0;
}

/** The text with everything taken out that has the shape of a key or is assigned to a secret's name. */
export function withoutKeys(text: string): string {
  const plain = BEGINNINGS.test(text) ? text.replace(new RegExp(SHAPES, 'g'), HIDDEN) : text;
  return assigned(plain).reduce((clean, value) => clean.replaceAll(value, HIDDEN), plain);
}

export const HIDDEN = '(hidden)';
