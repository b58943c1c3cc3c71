import { createHash } from 'node:crypto';
import { type AskGoogle, refusalOf, wordsOf } from '../common/google.ts';
import type { DocumentSource, Fetched } from './source.ts';

const NOT_MODIFIED = 304;

/** A document in an object of Google Cloud Storage. Its tag is the object's generation; it is checked by its MD5. */
export function gcsSource(ask: AskGoogle, bucket: string, object: string): DocumentSource {
  const place = `gs://${bucket}/${object}`;
  const path = `b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(object)}`;

  async function fetchObject(known: string | undefined): Promise<Fetched | 'unchanged'> {
    const query = known === undefined ? undefined : { ifGenerationNotMatch: known };
    const response = await ask('storage', path, { alt: 'media', ...query });
    if (response.status === NOT_MODIFIED) return 'unchanged';
    if (!response.ok) throw new Error(await refusalOf(response));
    const content = Buffer.from(await response.arrayBuffer());
    const tag = response.headers.get('x-goog-generation');
    if (tag === null) throw new Error('an answer without the generation of the object');
    const expected = /\bmd5=([\w+/=]+)/.exec(response.headers.get('x-goog-hash') ?? '')?.[1];
    const found = createHash('md5').update(content).digest('base64');
    if (expected !== undefined && expected !== found)
      throw new Error(`the content has MD5 ${found}, the object ${expected}: damaged on the way`);
    return { text: content.toString(), tag };
  }

  return {
    place,
    async fetch(known) {
      try {
        return await fetchObject(known);
      } catch (error) {
        throw new Error(`${place}: ${wordsOf(error)}`, { cause: error });
      }
    },
    watch: () => () => {},
  };
}
