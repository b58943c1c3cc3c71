/** Characters that are not seen, or that change how others are read: written as their code. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A text as a quoted text of HCL. `${` and `%{` stay what they are in a text: two characters. Terraform compares texts in
 * Unicode's composed form (NFC), so that is what is written.
 */
export function quoted(text: string): string {
  const escaped = text
    .normalize('NFC')
    .replace(/["\\]/g, (character) => `\\${character}`)
    .replace(INVISIBLE, (character) => SHORT[character] ?? codeOf(character))
    .replace(/[$%](?=\{)/g, (character) => character + character);
  return `"${escaped}"`;
}

/** A text as it stands in Terraform's JSON syntax, where it is a template too. */
export function templateText(text: string): string {
  return text.normalize('NFC').replace(/[$%](?=\{)/g, (character) => character + character);
}

/** A text inside a quoted text of HCL that goes on with `${`: its last `$` or `%` must not be read together with that. */
export function quotedBefore(text: string): string {
  return quoted(text)
    .slice(1, -1)
    .replace(/[$%]$/, (character) => codeOf(character));
}

/** The same in Terraform's JSON syntax, which has no codes in templates, and takes one with a lone carriage return for a plain text. */
export function templateTextBefore(text: string): string {
  return templateText(text)
    .replace(/\r/g, () => `\${"\\r"}`)
    .replace(/[$%]+$/, (run) => [...run].map((character) => `\${"${character}"}`).join(''));
}

function codeOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
}
