import { z } from 'zod';

/** A file's place below its folder: no empty, `.` or `..` step, nothing that a shell would read as more than a name. */
const FilePath = z
  .string()
  .regex(/^(?!.*(^|\/)\.{1,2}(\/|$))[\w.+@-]+(\/[\w.+@-]+)*$/, 'must be a relative path of plain names');

/**
 * What lies complete below one folder of the weights bucket. `fleet weights push` writes it last, as the folder's
 * `manifest.json`: a folder without one is not complete. A node takes the files that it names, and no others.
 */
export const WeightsManifest = z.strictObject({
  format: z.literal(1),
  /** The model hub's id (`openai/gpt-oss-120b`), or `harmony`. */
  name: z.string().min(1),
  /** In the order of their paths. */
  files: z
    .array(
      z.strictObject({
        path: FilePath,
        bytes: z.int().min(0),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal'),
      }),
    )
    .min(1),
});
export type WeightsManifest = z.output<typeof WeightsManifest>;
export type WeightsFile = WeightsManifest['files'][number];

export const MANIFEST_FILE = 'manifest.json';

/** The bucket's folder of a checkpoint: `models/openai/gpt-oss-120b`. Its files lie below it by their own paths. */
export function weightsFolder(weights: string): string {
  return `models/${weights}`;
}

/** The bucket's folder of the Harmony vocabulary, which a node makes TIKTOKEN_ENCODINGS_BASE lead to. */
export const HARMONY_FOLDER = 'harmony';

/**
 * The files that openai-harmony asks for. Hashes: tiktoken 0.9.0, tiktoken_ext/openai_public.py; without egress vLLM
 * needs both (vllm-project/recipes, OpenAI/GPT-OSS.md).
 */
export const HARMONY_FILES = [
  {
    path: 'cl100k_base.tiktoken',
    sha256: '223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7',
    source: 'https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken',
  },
  {
    path: 'o200k_base.tiktoken',
    sha256: '446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d',
    source: 'https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken',
  },
] as const;

/** One file a line, paths in order, so that a changed checkpoint reads well as a difference. */
export function manifestText({ format, name, files }: WeightsManifest): string {
  const lines = files
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(
      ({ path, bytes, sha256 }) =>
        `    { "path": ${JSON.stringify(path)}, "bytes": ${bytes}, "sha256": "${sha256}" }`,
    );
  return `{\n  "format": ${format},\n  "name": ${JSON.stringify(name)},\n  "files": [\n${lines.join(',\n')}\n  ]\n}\n`;
}
