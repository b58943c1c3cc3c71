import { type AskGoogle, refusalOf } from '../../common/google.ts';
import type { Store } from './store.ts';

const NOT_FOUND = 404;
const CHANGED = 412;

/** A bucket of Google Cloud Storage, which many programs share: it is the bucket that says who came first. */
export function bucketStore(ask: AskGoogle, bucket: string): Store {
  const objects = `b/${encodeURIComponent(bucket)}/o`;
  const objectOf = (key: string) => `${objects}/${encodeURIComponent(key)}`;

  async function write(key: string, text: string, generation: string): Promise<boolean> {
    const query = { uploadType: 'media', name: key, ifGenerationMatch: generation };
    const response = await ask('upload', objects, query, { method: 'POST', body: text });
    if (response.status === CHANGED) return false;
    await expectOk(response, key);
    return true;
  }

  async function expectOk(response: Response, key: string): Promise<void> {
    if (!response.ok) throw new Error(`gs://${bucket}/${key}: ${await refusalOf(response)}`);
  }

  return {
    async read(key) {
      const response = await ask('storage', objectOf(key), { alt: 'media' });
      if (response.status === NOT_FOUND) return undefined;
      await expectOk(response, key);
      const generation = response.headers.get('x-goog-generation');
      if (generation === null) throw new Error(`gs://${bucket}/${key}: an answer without the generation`);
      return { text: await response.text(), generation };
    },
    create: (key, text) => write(key, text, '0'),
    replace: write,
    async remove(key) {
      const response = await ask('storage', objectOf(key), {}, { method: 'DELETE' });
      if (response.status !== NOT_FOUND) await expectOk(response, key);
    },
    async list(prefix) {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const query = { prefix, fields: 'items(name),nextPageToken' };
        const response = await ask('storage', objects, {
          ...query,
          ...(token === undefined ? {} : { pageToken: token }),
        });
        await expectOk(response, prefix);
        const { items = [], nextPageToken } = (await response.json()) as Listed;
        keys.push(...items.map(({ name }) => name));
        token = nextPageToken;
      } while (token !== undefined);
      return keys.toSorted();
    },
  };
}

interface Listed {
  readonly items?: readonly { readonly name: string }[];
  readonly nextPageToken?: string;
}
