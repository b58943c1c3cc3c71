import { type Answer, HttpProblem } from './answers.ts';
import type { GithubApi } from './api.ts';
import { type Asked, exampleOf } from './openapi.ts';

interface NewTree {
  readonly base_tree?: string;
  readonly tree: readonly { path: string; mode: string; content?: string }[];
}

interface Person {
  readonly name: string;
  readonly email: string;
  readonly date?: string;
}

interface NewCommit {
  readonly message: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author?: Person;
  readonly committer?: Person;
}

/** What the parts of GitHub's API that speak of files, trees, commits and branches answer: what git says. */
export const GIT_ANSWERS: Readonly<Record<string, (github: GithubApi, asked: Asked) => Answer>> = {
  'repos/get-content': ({ repository }, { path, query }) => {
    const { ref = 'main' } = query;
    if (!repository.has(ref)) throw new HttpProblem(404, `No commit found for the ref ${ref}`);
    const name = path.path ?? '';
    const entries = repository.tree(ref, true);
    const entry = entries.find((other) => other.path === name);
    if (entry === undefined) throw new HttpProblem(404, 'Not Found');
    const example = exampleOf('repos/get-content');
    if (entry.type === 'tree') {
      const inside = entries.filter((other) => other.path.startsWith(`${name}/`) && other.type === 'blob');
      return {
        json: inside.map((file) => ({ ...listed(example), name: file.path, path: file.path, sha: file.sha })),
      };
    }
    const bytes = repository.bytes({}, 'cat-file', 'blob', entry.sha);
    const large = bytes.length > 1024 * 1024;
    return {
      json: {
        ...example,
        ...{ type: 'file', name, path: name, sha: entry.sha, size: bytes.length },
        ...(large ? { encoding: 'none', content: '' } : { encoding: 'base64', content: wrapped(bytes) }),
      },
    };
  },
  'git/get-blob': ({ repository }, { path }) => {
    const bytes = repository.bytes({}, 'cat-file', 'blob', path.file_sha ?? '');
    return {
      json: {
        ...exampleOf('git/get-blob'),
        ...{ sha: path.file_sha, size: bytes.length, encoding: 'base64', content: wrapped(bytes) },
      },
    };
  },
  'git/get-tree': ({ repository }, { path, query }) => {
    const at = path.tree_sha ?? '';
    const sha = repository.git('rev-parse', `${at}^{tree}`);
    const tree = repository.tree(at, query.recursive !== undefined);
    return { json: { ...exampleOf('git/get-tree'), sha, tree, truncated: false } };
  },
  'git/get-commit': ({ repository }, { path }) => {
    const { commit_sha: sha = '' } = path;
    if (!repository.has(sha)) throw new HttpProblem(404, 'Not Found');
    return { json: commitJson('git/get-commit', repository, sha) };
  },
  'git/get-ref': ({ repository }, { path }) => {
    const name = `refs/${path.ref}`;
    const line = repository.git('for-each-ref', '--format=%(objectname) %(refname)', name);
    if (!line.endsWith(` ${name}`)) throw new HttpProblem(404, 'Not Found');
    return { json: refJson('git/get-ref', name, line.split(' ')[0] ?? '') };
  },
  'git/create-tree': ({ repository }, { body }) => {
    const { base_tree: base, tree } = body as unknown as NewTree;
    const env = { GIT_INDEX_FILE: `${repository.folder}/.git/index-of-the-api` };
    if (base === undefined) repository.gitWith({ env }, 'read-tree', '--empty');
    else repository.gitWith({ env }, 'read-tree', base);
    for (const { path, mode, content = '' } of tree) {
      const blob = repository.gitWith({ input: content }, 'hash-object', '-w', '--stdin');
      repository.gitWith({ env }, 'update-index', '--add', '--cacheinfo', `${mode},${blob},${path}`);
    }
    const sha = repository.gitWith({ env }, 'write-tree');
    return {
      json: { ...exampleOf('git/create-tree'), sha, tree: repository.tree(sha, false), truncated: false },
    };
  },
  'git/create-commit': ({ repository }, { body }) => {
    const { message, tree, parents, author, committer = author } = body as unknown as NewCommit;
    const now = new Date().toISOString();
    const env = {
      GIT_AUTHOR_NAME: author?.name ?? 'app',
      GIT_AUTHOR_EMAIL: author?.email ?? 'app@example.com',
      GIT_AUTHOR_DATE: author?.date ?? now,
      GIT_COMMITTER_NAME: committer?.name ?? 'app',
      GIT_COMMITTER_EMAIL: committer?.email ?? 'app@example.com',
      GIT_COMMITTER_DATE: committer?.date ?? now,
    };
    const of = parents.flatMap((parent) => ['-p', parent]);
    const sha = repository.gitWith({ env, input: message }, 'commit-tree', tree, ...of);
    return { json: commitJson('git/create-commit', repository, sha) };
  },
  'git/create-ref': ({ repository }, { body }) => {
    const [name, sha] = [String(body.ref), String(body.sha)];
    if (repository.git('for-each-ref', name) !== '') throw new HttpProblem(422, 'Reference already exists');
    repository.git('update-ref', name, sha);
    return { json: refJson('git/create-ref', name, sha) };
  },
};

/** GitHub breaks Base64 into lines. */
function wrapped(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll(/(.{60})/g, '$1\n');
}

function listed(example: Readonly<Record<string, unknown>>) {
  const { content: _content, encoding: _encoding, ...rest } = example;
  return { ...rest, type: 'file' };
}

function refJson(operation: string, ref: string, sha: string) {
  const example = exampleOf(operation);
  return { ...example, ref, object: { ...(example.object as object), type: 'commit', sha } };
}

function commitJson(operation: string, repository: GithubApi['repository'], sha: string) {
  const example = exampleOf(operation);
  const [tree = '', parents = '', date = '', message = ''] = repository
    .git('show', '--no-patch', '--format=%T%x00%P%x00%cI%x00%B', sha)
    .split('\0');
  const person = { name: 'Ada', email: 'ada@example.com', date };
  return {
    ...example,
    ...{ sha, message, author: person, committer: person },
    tree: { ...(example.tree as object), sha: tree },
    parents: parents
      .split(' ')
      .filter((parent) => parent !== '')
      .map((parent) => ({ sha: parent, url: 'https://api.github.com/x', html_url: 'https://github.com/x' })),
  };
}
