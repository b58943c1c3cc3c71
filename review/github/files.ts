import type { Octokit } from 'octokit';
import { type Place, statusOf } from './place.ts';

const NOT_FOUND = 404;

/** A file's text at a commit. Undefined: no such file there, or it is no UTF-8 text. */
export async function fileText(
  octokit: Octokit,
  place: Place,
  path: string,
  commit: string,
): Promise<string | undefined> {
  try {
    const { data } = await octokit.rest.repos.getContent({ ...place, path, ref: commit });
    if (Array.isArray(data) || data.type !== 'file') return undefined;
    const { data: blob } =
      data.encoding === 'base64'
        ? { data: { content: data.content } }
        : await octokit.rest.git.getBlob({ ...place, file_sha: data.sha });
    return utf8(Buffer.from(blob.content, 'base64'));
  } catch (error) {
    if (statusOf(error) === NOT_FOUND) return undefined;
    throw error;
  }
}

function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** A file of a commit. */
export interface TreeFile {
  readonly path: string;
  readonly mode: string;
}

/** Every file of a commit. Trees that are too large for one answer are read folder by folder. */
export async function treeOf(octokit: Octokit, place: Place, tree: string, above = ''): Promise<TreeFile[]> {
  const { data } = await octokit.rest.git.getTree({ ...place, tree_sha: tree, recursive: '1' });
  if (!data.truncated) return filesOf(data.tree, above);
  const { data: flat } = await octokit.rest.git.getTree({ ...place, tree_sha: tree });
  const folders = flat.tree.filter(({ type }) => type === 'tree');
  const inside: TreeFile[] = filesOf(flat.tree, above);
  for (const { sha, path } of folders)
    inside.push(...(await treeOf(octokit, place, sha, `${above}${path}/`)));
  return inside;
}

function filesOf(
  tree: readonly { readonly path: string; readonly type: string; readonly mode: string }[],
  above: string,
): TreeFile[] {
  return tree
    .filter(({ type }) => type === 'blob')
    .map(({ path, mode }) => ({ path: `${above}${path}`, mode }));
}

export async function pathsOf(octokit: Octokit, place: Place, commit: string): Promise<string[]> {
  return (await treeOf(octokit, place, commit)).map(({ path }) => path);
}
